//! How figures and moments are written on pages.

use minijinja::{Environment, Error, Output, State, Value, escape_formatter};

use crate::log;

/// Filters that all templates may use.
pub(super) fn add_filters(templates: &mut Environment<'static>) {
    templates.add_filter("percent", |share: f64| percent(share));
    templates.add_filter("clock", clock);
    templates.add_filter("grouped", |count: i64| grouped(count));
    templates.add_filter(
        "times",
        |count: i64, one: String, many: String| match count {
            1 => format!("1 {one}"),
            n => format!("{} {many}", grouped(n)),
        },
    );
    templates.add_filter("readable", |code: Value| code.to_string().replace('_', " "));
}

/// Writes a value into a page: escaped, and what is no text or turns the direction of writing, as
/// its code. A name must not turn round what stands beside it.
pub(super) fn write(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() && text.chars().any(log::steers) => {
            escape_formatter(out, state, &Value::from(log::harmless(text)))
        }
        _ => escape_formatter(out, state, value),
    }
}

/// A share in whole percent; never 0 or 100 where it is not quite.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent.round() {
        p if p <= 0.0 && share > 0.0 => "under 1 %".to_string(),
        p if p >= 100.0 && share < 1.0 => "over 99 %".to_string(),
        p => format!("{p:.0} %"),
    }
}

/// With a capital letter at the start.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// `2026-03-03` as `3 March 2026`; another text as it is.
pub fn day_in_words(day: &str) -> String {
    let read: Result<jiff::civil::Date, _> = day.parse();
    read.map_or_else(
        |_| day.to_string(),
        |day| day.strftime("%-d %B %Y").to_string(),
    )
}

/// The ends of an interval of shares, as `between 62 and 81 %`.
pub fn between(low: f64, high: f64) -> String {
    let [low, high] = [low, high].map(|share| (share * 100.0).round());
    match low == high {
        true => format!("about {low:.0} %"),
        false => format!("between {low:.0} and {high:.0} %"),
    }
}

/// A moment of a recording, `m:ss`.
pub fn clock(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// When a call began: `2026-03-03T14:05:10` as `3 March 2026, 14:05`.
pub fn minute_in_words(started_local: &str) -> String {
    match started_local.split_once('T') {
        Some((day, time)) => format!("{}, {}", day_in_words(day), time.get(..5).unwrap_or(time)),
        None => day_in_words(started_local),
    }
}

/// How far something went up or down: `3 points down`, `1 point up`, `none`.
pub fn away(points: f64) -> String {
    let way = if points < 0.0 { "down" } else { "up" };
    match points.abs() {
        0.0 => "none".to_string(),
        1.0 => format!("1 point {way}"),
        n => format!("{n:.0} points {way}"),
    }
}

/// How long something takes: `43 s`, or `6:12 min`.
pub fn length(ms: i64) -> String {
    match ms.max(0) {
        ms if ms < 60_000 => format!("{} s", ms / 1000),
        ms => format!("{} min", clock(ms)),
    }
}

/// A count with commas between thousands.
pub fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    match count < 0 {
        true => format!("−{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use crate::report::html::templates;

    #[test]
    fn no_text_is_more_than_text() {
        let mut templates = templates();
        let page = r#"<p title="{{ text }}">{{ text }}</p>"#;
        templates.add_template("hostile.html", page).unwrap();
        let shown = |text| {
            let page = templates.get_template("hostile.html").unwrap();
            page.render(context! { text }).unwrap()
        };
        let same = |text: &str| format!(r#"<p title="{text}">{text}</p>"#);
        assert_eq!(
            shown("\"><img src=x onerror='f()'>&amp;"),
            same("&quot;&gt;&lt;img src=x onerror=&#x27;f()&#x27;&gt;&amp;amp;")
        );
        assert_eq!(shown("{{ 7*7 }}{% raw %}"), same("{{ 7*7 }}{% raw %}"));
        assert_eq!(
            shown("\0\u{1b}[1m \u{202e}nna\nשלום 👩🏽‍💻"),
            same("\\u{0}\\u{1b}[1m \\u{202e}nna\nשלום 👩🏽‍💻")
        );
    }
}
