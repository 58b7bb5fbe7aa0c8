//! Libraries that stop the program at damaged input, where they should say that it is damaged.
//!
//! Left out on purpose: panics of our own code, which are mistakes to be seen and mended.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static IN_LIBRARY: Cell<bool> = const { Cell::new(false) };
}

/// What a library makes of outside bytes; `None` where it panics over them, without a word on
/// standard error. What it was working on is then in no state to be used again.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if !IN_LIBRARY.get() {
                usual(panic);
            }
        }));
    });
    let outer = IN_LIBRARY.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IN_LIBRARY.set(outer);
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_within_becomes_nothing_and_one_outside_stays_a_panic() {
        assert_eq!(caught(|| 7), Some(7));
        assert_eq!(caught(|| -> u8 { panic!("damaged") }), None);
        assert!(!IN_LIBRARY.get(), "later panics are told");
    }
}
