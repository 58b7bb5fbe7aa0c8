//! Texts that a spreadsheet would take for a formula (CSV injection, as OWASP describes it).
//!
//! An agent's id and the words of a call come from outside, and `=HYPERLINK(…)` among them would
//! be at work on the desk of whoever opens the file.

use std::borrow::Cow;

/// What begins a formula; the wide ones do in East Asian versions.
const STARTS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Whether a cell with this text could be taken for a formula. Some programs drop a leading tab
/// or line end.
pub(super) fn is_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n']) || begins_formula(text)
}

/// Blanks before a formula do not help.
fn begins_formula(text: &str) -> bool {
    text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}')
        .starts_with(STARTS)
}

/// A text for a CSV file: with `'` before what could be taken for a formula. Also behind a
/// semicolon, a tab or a line end within the text: a program that parts cells there begins one
/// anew.
pub(super) fn defused(text: &str) -> Cow<'_, str> {
    const PARTS: [char; 4] = [';', '\t', '\r', '\n'];
    if !is_formula(text) && !text.split(PARTS).skip(1).any(begins_formula) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 1);
    for (n, part) in text.split_inclusive(PARTS).enumerate() {
        let guarded = match n {
            0 => is_formula(text),
            _ => begins_formula(part),
        };
        if guarded {
            out.push('\'');
        }
        out.push_str(part);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_formula_is_a_text_and_the_rest_stays_as_it_is() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1", "'  =1"),
            ("\u{a0}\u{feff}=1", "'\u{a0}\u{feff}=1"),
            ("\u{1}=1", "'\u{1}=1"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("＝1", "'＝1"),
            ("fine; =cmd|' /C calc'!A0", "fine;' =cmd|' /C calc'!A0"),
            ("a\n-b", "a\n'-b"),
            ("a;b", "a;b"),
            ("a\n\nb", "a\n\nb"),
            ("well - no = yes", "well - no = yes"),
            ("[card number]", "[card number]"),
            ("", ""),
        ] {
            assert_eq!(defused(text), expected, "{text:?}");
        }
    }
}
