//! Libraries that stop the program at damaged input, where they should say that it is damaged.
//!
//! Panics of our own code are mistakes to be seen and mended. Where they happened is told, and why
//! only as far as that quotes nothing: a text that is cut within a letter is printed whole by the
//! language, and it may be what was said in a call.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use crate::redaction::redact_note;

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

/// What is told of a panic.
pub(crate) fn in_words(panic: &PanicHookInfo<'_>) -> String {
    let place = panic
        .location()
        .map_or(String::new(), |at| format!(" at {at}"));
    format!("panicked{place}:\n{}", reason(panic.payload()))
}

/// Why, up to the first thing that is quoted.
fn reason(payload: &dyn Any) -> String {
    if let Some(fixed) = payload.downcast_ref::<&str>() {
        return (*fixed).to_string();
    }
    let made = payload.downcast_ref::<String>().map_or("", String::as_str);
    let quote = made.find(['"', '\'', '`', '\u{2018}', '\u{201c}']);
    match quote {
        Some(at) => redact_note(&made[..at]) + "…",
        None => redact_note(made),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_without_what_it_was_about() {
        let said = "it is é four one one one".to_string();
        let told = |work: &dyn Fn()| {
            let work = AssertUnwindSafe(|| {
                IN_LIBRARY.set(true);
                work();
            });
            let payload = catch_unwind(work).unwrap_err();
            IN_LIBRARY.set(false);
            reason(payload.as_ref())
        };
        caught(|| ());
        let cut = told(&|| {
            let _ = &said[..7];
        });
        assert!(
            cut.contains("char boundary") && !cut.contains("four"),
            "{cut}"
        );
        let unwrapped = told(&|| {
            said.parse::<char>().map_err(|_| &said).unwrap();
        });
        assert_eq!(unwrapped, "called …");
        let number = "4111 1111 1111 1111".to_string();
        let card = told(&|| panic!("card {number}"));
        assert_eq!(card, "card [card number]");
        assert_eq!(told(&|| panic!("it isn't so")), "it isn't so");
    }

    #[test]
    fn a_panic_within_becomes_nothing_and_one_outside_stays_a_panic() {
        assert_eq!(caught(|| 7), Some(7));
        assert_eq!(caught(|| -> u8 { panic!("damaged") }), None);
        assert!(!IN_LIBRARY.get(), "later panics are told");
    }
}
