//! Until when a promise is to be kept: the words for it, and the day and time that they mean.
//!
//! A deadline is the last moment at which the promise counts as kept, so a reading that gives
//! more time is taken where the words are open: "this week" ends on Sunday, "next Friday" is the
//! Friday of the week after, and "by Friday" said on a Friday is a week later. Left out on
//! purpose: holidays, and words that name no time ("soon", "shortly", "as soon as possible").

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, Weekday, time};

use super::Conversation;
use super::english::{Key, Token, class, key};

/// Until when, in the words that were said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// E.g. `by Friday`.
    pub text: String,
    pub when: When,
}

/// What the words mean, apart from when they were said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A number of units from now.
    Within(u32, TimeUnit),
    /// On a day, until a time of it or its end.
    On(Day, Option<Time>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    Minutes,
    Hours,
    Days,
    /// Monday to Friday.
    WorkingDays,
    Weeks,
    Months,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// Days from today.
    FromToday(u32),
    /// The next one after today.
    Weekday(Weekday),
    /// That of a week, counted from this one, which is 0; weeks begin on Monday.
    OfWeek(u32, Weekday),
    /// The next such day of a month, today included; 1 to 31.
    OfMonth(u8),
    /// The next such day of the year, today included; month 1 to 12.
    OfYear(u8, u8),
    /// The last day of this month.
    MonthEnd,
    /// The last day of the next month.
    NextMonthEnd,
}

impl Due {
    /// The last moment at which the promise is kept, for a call that began at `local_start` on
    /// the call's own clock. `None` where there is no such day.
    pub fn by(&self, local_start: DateTime) -> Option<DateTime> {
        match self.when {
            When::Within(n, unit) => within(local_start, n, unit),
            When::On(day, at) => {
                let date = date_of(day, local_start.date())?;
                Some(date.to_datetime(at.unwrap_or(DAY_END)))
            }
        }
    }
}

const DAY_END: Time = time(23, 59, 59, 0);

fn within(from: DateTime, n: u32, unit: TimeUnit) -> Option<DateTime> {
    let n = i64::from(n);
    let day = |date: Option<Date>| Some(date?.to_datetime(DAY_END));
    match unit {
        TimeUnit::Minutes => from.checked_add(n.minutes()).ok(),
        TimeUnit::Hours => from.checked_add(n.hours()).ok(),
        TimeUnit::Days => day(from.date().checked_add(n.days()).ok()),
        TimeUnit::WorkingDays => day(working_days_after(from.date(), n)),
        TimeUnit::Weeks => day(from.date().checked_add(n.weeks()).ok()),
        TimeUnit::Months => day(from.date().checked_add(n.months()).ok()),
    }
}

fn working_days_after(mut date: Date, n: i64) -> Option<Date> {
    let mut left = n;
    while left > 0 {
        date = date.tomorrow().ok()?;
        if !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    Some(date)
}

fn date_of(day: Day, today: Date) -> Option<Date> {
    match day {
        Day::FromToday(n) => today.checked_add(i64::from(n).days()).ok(),
        Day::Weekday(weekday) => today.nth_weekday(1, weekday).ok(),
        Day::OfWeek(weeks, weekday) => {
            let monday = today
                .checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days())
                .ok()?;
            let days = 7 * i64::from(weeks) + i64::from(weekday.to_monday_zero_offset());
            monday.checked_add(days.days()).ok()
        }
        Day::OfMonth(n) => days_from(today).take(62).find(|date| date.day() == n as i8),
        Day::OfYear(month, n) => days_from(today)
            .take(366 * 8)
            .find(|date| date.month() == month as i8 && date.day() == n as i8),
        Day::MonthEnd => Some(today.last_of_month()),
        Day::NextMonthEnd => Some(today.last_of_month().tomorrow().ok()?.last_of_month()),
    }
}

fn days_from(today: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(today), |date| date.tomorrow().ok())
}

/// The first deadline in `from..to`, positions in the words as they were said.
pub(super) fn find(c: &Conversation, from: usize, to: usize) -> Option<Due> {
    let words = Words { c, to };
    (from..to).find_map(|at| {
        let (when, end) = words.deadline(at)?;
        // "By" or "by the" ahead of it belongs to it.
        let the = at - usize::from(at > from && words.is(at - 1, THE));
        let leads = the > from && words.is(the - 1, LEADS);
        let text = c.said.quote(&c.words, the - usize::from(leads), end);
        let text = text.trim_end_matches(|c: char| !c.is_alphanumeric());
        Some(Due {
            text: text.to_string(),
            when,
        })
    })
}

const LEADS: &[Key] = &[
    key("by"),
    key("before"),
    key("until"),
    key("till"),
    key("on"),
    key("at"),
    key("within"),
    key("in"),
];
const BACKWARD: &[Key] = &[
    key("last"),
    key("every"),
    key("each"),
    key("since"),
    key("past"),
];
const A: &[Key] = &[key("a"), key("an")];
const THE: &[Key] = &[key("the")];

/// Words up to a position, read for days and times. Each reader gives what it read and the
/// position after it.
struct Words<'a> {
    c: &'a Conversation,
    to: usize,
}

impl Words<'_> {
    fn token(&self, at: usize) -> Option<Token> {
        (at < self.to).then(|| self.c.said.tokens[at])
    }

    fn text(&self, at: usize) -> &str {
        &self.c.words[self.c.said.words[at]].text
    }

    fn is(&self, at: usize, any: &[Key]) -> bool {
        self.token(at).is_some_and(|t| t.is_any(any))
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.token(at).is_some_and(|t| t.is(key(word)))
    }

    fn spell(&self, at: usize, phrase: &str) -> Option<usize> {
        let mut end = at;
        for word in phrase.split(' ') {
            if !self.is_word(end, word) {
                return None;
            }
            end += 1;
        }
        Some(end)
    }

    /// The value of a word of the class.
    fn value(&self, at: usize, class: u64) -> Option<i16> {
        let token = self.token(at)?;
        token.has(class).then(|| token.value())
    }

    fn deadline(&self, at: usize) -> Option<(When, usize)> {
        const BEGINS: u64 =
            class::DUE | class::NUMBER | class::ORDINAL | class::WEEKDAY | class::MONTH;
        let token = self.token(at)?;
        if !token.has(BEGINS) && !token.has_digit() {
            return None;
        }
        self.at_once(at)
            .or_else(|| self.within(at))
            .or_else(|| self.day_and_time(at))
            .or_else(|| self.time_today(at))
    }

    fn at_once(&self, at: usize) -> Option<(When, usize)> {
        let end = [
            "right away",
            "straight away",
            "straightaway",
            "immediately",
            "right now",
            "at once",
        ]
        .iter()
        .find_map(|phrase| self.spell(at, phrase))?;
        Some((When::On(Day::FromToday(0), None), end))
    }

    /// "Within 24 hours", "in three to five business days", "two weeks from now".
    fn within(&self, at: usize) -> Option<(When, usize)> {
        let led = self.is(at, &[key("within"), key("in")]);
        let mut next = at + usize::from(led);
        for phrase in ["the next", "the", "about", "around"] {
            next = if led {
                self.spell(next, phrase).unwrap_or(next)
            } else {
                next
            };
        }
        if led && let Some(next) = self.spell(next, "half an hour") {
            return Some((When::Within(30, TimeUnit::Minutes), next));
        }
        let (n, mut next) = self.amount(next).or_else(|| {
            // "Within the hour."
            led.then(|| {
                self.token(next)
                    .filter(|t| t.has(class::TIME_UNIT))
                    .map(|_| (1, next))
            })?
        })?;
        let working = self.is(next, &[key("business"), key("working")]);
        next += usize::from(working || self.is_word(next, "calendar"));
        let token = self.token(next).filter(|t| t.has(class::TIME_UNIT))?;
        let unit = if token.is_any(&[key("second"), key("seconds")]) {
            10
        } else {
            token.value()
        };
        next += 1;
        let from_now = self
            .spell(next, "from now")
            .or_else(|| self.spell(next, "from today"));
        if !led && from_now.is_none() {
            return None;
        }
        let n = u32::try_from(n).ok()?;
        let when = match unit {
            10 => When::On(Day::FromToday(0), None),
            // "In a minute" is a way to say soon.
            11 if n <= 1 => When::On(Day::FromToday(0), None),
            11 => When::Within(n, TimeUnit::Minutes),
            12 => When::Within(n, TimeUnit::Hours),
            13 if working => When::Within(n, TimeUnit::WorkingDays),
            13 => When::Within(n, TimeUnit::Days),
            14 => When::Within(n, TimeUnit::Weeks),
            _ => When::Within(n, TimeUnit::Months),
        };
        Some((when, from_now.unwrap_or(next)))
    }

    /// A number ahead of a unit; of a range the upper end.
    fn amount(&self, at: usize) -> Option<(i32, usize)> {
        if let Some(next) = self
            .spell(at, "a couple of")
            .or_else(|| self.spell(at, "a couple"))
        {
            return Some((2, next));
        }
        if self.is(at, A) && !self.is_word(at + 1, "few") {
            return Some((1, at + 1));
        }
        let (n, next) = self.number(at)?;
        if self.is(next, &[key("to"), key("or"), key("and")])
            && let Some((upper, end)) = self.number(next + 1)
        {
            return Some((upper.max(n), end));
        }
        Some((n, next))
    }

    /// A number in digits or words; of `24-48` the upper end.
    fn number(&self, at: usize) -> Option<(i32, usize)> {
        let token = self.token(at)?;
        if token.has(class::NUMBER) {
            let n = i32::from(token.value());
            if n >= 20
                && let Some(ones) = self.value(at + 1, class::NUMBER).filter(|&v| v < 10)
            {
                return Some((n + i32::from(ones), at + 2));
            }
            return Some((n, at + 1));
        }
        let text = self.text(at).trim_end_matches(['.', ',', '?', '!', ';']);
        let upper = text.rsplit(['-', '\u{2013}']).next().unwrap_or(text);
        let n: u16 = upper.parse().ok()?;
        Some((i32::from(n), at + 1))
    }

    fn day_and_time(&self, at: usize) -> Option<(When, usize)> {
        let (day, mut next, until) = self.day(at)?;
        let mut time = until;
        if let Some(part) = self.value(next, class::DAY_PART) {
            time = hour(part);
            next += 1;
        }
        if let Some((at_time, end)) = self.time_after_day(next) {
            return Some((When::On(day, Some(at_time)), end));
        }
        Some((When::On(day, time), next))
    }

    /// A day, the position after it, and the time of it that its words name.
    fn day(&self, at: usize) -> Option<(Day, usize, Option<Time>)> {
        if at > 0 && self.is(at - 1, BACKWARD) {
            return None;
        }
        let on = |day, next| Some((day, next, None));
        let fixed: [(&str, Day); 17] = [
            ("the day after tomorrow", Day::FromToday(2)),
            ("day after tomorrow", Day::FromToday(2)),
            ("tomorrow", Day::FromToday(1)),
            ("today", Day::FromToday(0)),
            ("tonight", Day::FromToday(0)),
            ("the end of the day", Day::FromToday(0)),
            ("end of the day", Day::FromToday(0)),
            ("end of day", Day::FromToday(0)),
            ("end of business", Day::FromToday(0)),
            ("close of business", Day::FromToday(0)),
            ("end of the week", Day::OfWeek(0, Weekday::Sunday)),
            ("this week", Day::OfWeek(0, Weekday::Sunday)),
            ("this weekend", Day::OfWeek(0, Weekday::Sunday)),
            ("next week", Day::OfWeek(1, Weekday::Sunday)),
            ("end of the month", Day::MonthEnd),
            ("this month", Day::MonthEnd),
            ("next month", Day::NextMonthEnd),
        ];
        for (phrase, day) in fixed {
            if let Some(next) = self.spell(at, phrase) {
                // "Tuesday next week" is read from the Tuesday on.
                return on(day, next);
            }
        }
        if self.is_word(at, "this")
            && let Some(part) = self.value(at + 1, class::DAY_PART)
        {
            return Some((Day::FromToday(0), at + 2, hour(part)));
        }
        let next_week = self.is_word(at, "next");
        let of_week = at + usize::from(next_week || self.is(at, &[key("this"), key("coming")]));
        if let Some(n) = self.value(of_week, class::WEEKDAY) {
            let weekday = Weekday::from_monday_zero_offset(n as i8).ok()?;
            if let Some(next) = self.spell(of_week + 1, "next week") {
                return on(Day::OfWeek(1, weekday), next);
            }
            let day = if next_week {
                Day::OfWeek(1, weekday)
            } else {
                Day::Weekday(weekday)
            };
            return on(day, of_week + 1);
        }
        self.date(at).and_then(|(day, next)| on(day, next))
    }

    /// "May 5th", "the 5th of May", "on the 5th".
    fn date(&self, at: usize) -> Option<(Day, usize)> {
        if let Some(month) = self.value(at, class::MONTH) {
            let (n, next) = self.day_of_month(at + 1)?;
            return Some((Day::OfYear(month as u8, n), next));
        }
        let the = self.is(at, THE);
        let (n, next) = self.day_of_month(at + usize::from(the))?;
        let of = usize::from(self.is_word(next, "of"));
        if let Some(month) = self.value(next + of, class::MONTH) {
            return Some((Day::OfYear(month as u8, n), next + of + 1));
        }
        let ordinal = self.token(next - 1).is_some_and(|t| t.has(class::ORDINAL));
        let led = at > 0 && self.is(at - 1, &[key("on"), key("by"), key("before"), key("until")]);
        (the && ordinal && led).then_some((Day::OfMonth(n), next))
    }

    fn day_of_month(&self, at: usize) -> Option<(u8, usize)> {
        let token = self.token(at)?;
        let (n, next) = if token.has(class::ORDINAL) {
            (i32::from(token.value()), at + 1)
        } else {
            let (n, next) = self.number(at)?;
            // "Twenty first".
            match self.value(at + 1, class::ORDINAL) {
                Some(ones) if n >= 20 && n % 10 == 0 && ones < 10 => (n + i32::from(ones), at + 2),
                _ => (n, next),
            }
        };
        u8::try_from(n)
            .ok()
            .filter(|n| (1..=31).contains(n))
            .map(|n| (n, next))
    }

    /// "Between nine and noon", "before 5 p.m.", "at three thirty".
    fn time_after_day(&self, at: usize) -> Option<(Time, usize)> {
        if self.is(at, &[key("between"), key("from")]) {
            let (_, next) = self.clock(at + 1)?;
            let next = next
                + usize::from(self.is(next, &[key("and"), key("to"), key("till"), key("until")]));
            return self.clock(next);
        }
        if self.is(
            at,
            &[
                key("at"),
                key("by"),
                key("before"),
                key("around"),
                key("until"),
                key("about"),
            ],
        ) {
            let next = at + 1 + usize::from(self.is(at + 1, &[key("about"), key("around")]));
            return self.clock(next);
        }
        if self.is_word(at, "in") && self.is(at + 1, THE) {
            let part = self.value(at + 2, class::DAY_PART)?;
            return Some((hour(part)?, at + 3));
        }
        None
    }

    /// "By noon on Friday"; "by 5 p.m." without a day is today. A bare number is no time here.
    fn time_today(&self, at: usize) -> Option<(When, usize)> {
        if !self.is(at, &[key("by"), key("before"), key("at"), key("until")]) {
            return None;
        }
        let (time, next) = self.clock(at + 1)?;
        let on = next + usize::from(self.is_word(next, "on"));
        if let Some((day, end, _)) = self.day(on) {
            return Some((When::On(day, Some(time)), end));
        }
        let named = self.token(next - 1).is_some_and(|t| {
            t.has(class::HALF_DAY) || t.is_any(&[key("o'clock"), key("noon"), key("midnight")])
        });
        let text = self.text(at + 1).trim_end_matches('.');
        let written = text.contains(':') || text.ends_with('m');
        (named || written).then_some((When::On(Day::FromToday(0), Some(time)), next))
    }

    /// A time of the day. Without a.m. or p.m. it is between 8 in the morning and 7 in the
    /// evening.
    fn clock(&self, at: usize) -> Option<(Time, usize)> {
        if self.is(at, &[key("noon"), key("midday"), key("lunchtime")]) {
            return Some((time(12, 0, 0, 0), at + 1));
        }
        if self.is_word(at, "midnight") {
            return Some((DAY_END, at + 1));
        }
        let (hours, minutes, mut half, mut next) = self.hours_and_minutes(at)?;
        if half.is_none()
            && let Some(add) = self.value(next, class::HALF_DAY)
        {
            half = Some(add);
            next += 1;
        }
        next += usize::from(self.is_word(next, "o'clock"));
        let hours = match half {
            Some(add) => hours % 12 + add as i8,
            None if hours < 8 => hours + 12,
            None => hours,
        };
        Some((Time::new(hours, minutes, 0, 0).ok()?, next))
    }

    fn hours_and_minutes(&self, at: usize) -> Option<(i8, i8, Option<i16>, usize)> {
        let token = self.token(at)?;
        if token.has(class::NUMBER) && token.value() <= 12 {
            let minutes = self
                .value(at + 1, class::NUMBER)
                .filter(|v| v % 15 == 0 && *v < 60);
            let next = at + 1 + usize::from(minutes.is_some());
            return Some((token.value() as i8, minutes.unwrap_or(0) as i8, None, next));
        }
        let text = self
            .text(at)
            .trim_end_matches([',', '.', '?', '!', ';'])
            .to_ascii_lowercase();
        let (clock, half) = match text.strip_suffix("pm").or_else(|| text.strip_suffix("p.m")) {
            Some(clock) => (clock, Some(12)),
            None => match text.strip_suffix("am").or_else(|| text.strip_suffix("a.m")) {
                Some(clock) => (clock, Some(0)),
                None => (text.as_str(), None),
            },
        };
        let (hours, minutes) = clock.split_once(':').unwrap_or((clock, "0"));
        let (hours, minutes): (i8, i8) = (hours.parse().ok()?, minutes.parse().ok()?);
        let valid = (0..24).contains(&hours) && (0..60).contains(&minutes);
        valid.then_some((hours, minutes, half, at + 1))
    }
}

/// The end of a part of the day; `None` is the end of the day.
fn hour(part: i16) -> Option<Time> {
    (part < 24).then(|| time(part as i8, 0, 0, 0))
}

#[cfg(test)]
mod tests {
    use super::super::staged::talk;
    use super::*;

    /// The deadline in a sentence, for a call on a Wednesday in the afternoon.
    fn deadline(text: &str) -> Option<String> {
        let c = talk(&format!("agent: {text}")).conversation();
        let due = find(&c, 0, c.said.tokens.len())?;
        let start = "2026-03-04T14:30:00".parse().expect("a time");
        due.by(start).map(|by| by.to_string())
    }

    #[test]
    fn words_are_read_to_the_last_moment_that_they_allow() {
        for (text, by) in [
            ("today", "2026-03-04T23:59:59"),
            ("right away", "2026-03-04T23:59:59"),
            ("in a minute", "2026-03-04T23:59:59"),
            ("this afternoon", "2026-03-04T18:00:00"),
            ("by 5 p.m.", "2026-03-04T17:00:00"),
            ("at 9 on Friday", "2026-03-06T09:00:00"),
            ("by the end of the day", "2026-03-04T23:59:59"),
            ("within an hour", "2026-03-04T15:30:00"),
            ("in half an hour", "2026-03-04T15:00:00"),
            ("within 24 hours", "2026-03-05T14:30:00"),
            ("in forty eight hours", "2026-03-06T14:30:00"),
            ("in 24-48 hours", "2026-03-06T14:30:00"),
            ("tomorrow", "2026-03-05T23:59:59"),
            ("tomorrow morning", "2026-03-05T12:00:00"),
            ("tomorrow between nine and noon", "2026-03-05T12:00:00"),
            ("tomorrow by five", "2026-03-05T17:00:00"),
            ("tomorrow at 3:30 p.m.", "2026-03-05T15:30:00"),
            ("the day after tomorrow", "2026-03-06T23:59:59"),
            ("by Friday", "2026-03-06T23:59:59"),
            ("by Friday at noon", "2026-03-06T12:00:00"),
            // Said on a Wednesday.
            ("on Wednesday", "2026-03-11T23:59:59"),
            ("next Friday", "2026-03-13T23:59:59"),
            ("this week", "2026-03-08T23:59:59"),
            ("next week", "2026-03-15T23:59:59"),
            ("Tuesday next week", "2026-03-10T23:59:59"),
            ("within two weeks", "2026-03-18T23:59:59"),
            ("two weeks from now", "2026-03-18T23:59:59"),
            ("in three to five business days", "2026-03-11T23:59:59"),
            ("in a couple of days", "2026-03-06T23:59:59"),
            ("within a month", "2026-04-04T23:59:59"),
            ("by the end of the month", "2026-03-31T23:59:59"),
            ("next month", "2026-04-30T23:59:59"),
            ("on the 10th", "2026-03-10T23:59:59"),
            ("by the second", "2026-04-02T23:59:59"),
            ("on April 30th", "2026-04-30T23:59:59"),
            ("by the first of June", "2026-06-01T23:59:59"),
            ("on May twenty first", "2026-05-21T23:59:59"),
            ("on February 1st", "2027-02-01T23:59:59"),
        ] {
            assert_eq!(deadline(text).as_deref(), Some(by), "{text}");
        }
        for text in [
            "soon",
            "as soon as possible",
            "in a few days",
            "last Friday",
            "every Monday",
            "it takes three days",
            "at 5",
            "number 10",
            "may I ask",
            "one second please",
        ] {
            assert_eq!(deadline(text), None, "{text}");
        }
    }

    #[test]
    fn deadlines_never_lie_before_the_call() {
        let days = [
            Day::FromToday(0),
            Day::Weekday(Weekday::Monday),
            Day::OfWeek(0, Weekday::Sunday),
            Day::OfWeek(1, Weekday::Monday),
            Day::OfMonth(31),
            Day::OfYear(2, 29),
            Day::MonthEnd,
            Day::NextMonthEnd,
        ];
        let first: Date = "2026-01-01".parse().expect("a date");
        for start in days_from(first).take(800) {
            for day in days {
                let found = date_of(day, start).expect("there is such a day");
                assert!(found >= start, "{day:?} from {start}");
            }
            let after = working_days_after(start, 5).expect("in the calendar");
            let weekend = [Weekday::Saturday, Weekday::Sunday];
            assert!(!weekend.contains(&after.weekday()), "{start}");
            let days = (after - start).get_days();
            assert!((5..=7).contains(&days), "{start}: {days}");
        }
        assert_eq!(date_of(Day::OfMonth(32), first), None);
    }
}
