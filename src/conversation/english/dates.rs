//! Words for days, months, numbers and times.

use super::{Making, class};

pub(super) fn add(making: &mut Making) {
    making.words(
        class::DUE,
        "right straight straightaway immediately at within in the day tomorrow today tonight end \
         close this next coming by before until a an",
    );
    making.counted(
        class::WEEKDAY,
        0,
        "monday tuesday wednesday thursday friday saturday sunday",
    );
    making.counted(
        class::WEEKDAY,
        0,
        "mondays tuesdays wednesdays thursdays fridays saturdays sundays",
    );
    making.counted(
        class::MONTH,
        1,
        "january february march april may june july august september october november december",
    );
    making.counted(
        class::NUMBER,
        1,
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen \
         sixteen seventeen eighteen nineteen",
    );
    for (tens, word) in
        (2..).zip("twenty thirty forty fifty sixty seventy eighty ninety".split(' '))
    {
        making.valued(class::NUMBER, 10 * tens, word);
    }
    making.counted(
        class::ORDINAL,
        1,
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth \
         thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth",
    );
    making.valued(class::ORDINAL, 30, "thirtieth");
    for n in 1..=31 {
        let ending = match n {
            11..=13 => "th",
            n if n % 10 == 1 => "st",
            n if n % 10 == 2 => "nd",
            n if n % 10 == 3 => "rd",
            _ => "th",
        };
        making.valued(class::ORDINAL, n, &format!("{n}{ending}"));
    }
    for (code, words) in UNITS {
        // `second` is an ordinal as well; only its class is added.
        for word in words.split(' ') {
            let value = if word == "second" { 2 } else { code };
            making.valued(class::TIME_UNIT, value, word);
        }
    }
    making.valued(class::DAY_PART, 12, "morning");
    making.valued(class::DAY_PART, 18, "afternoon");
    making.valued(class::DAY_PART, 24, "evening night");
    making.valued(class::HALF_DAY, 0, "am");
    making.valued(class::HALF_DAY, 12, "pm");
}

/// The value of a unit: moments, minutes, hours, days, weeks, months.
const UNITS: [(i16, &str); 6] = [
    (10, "moment moments second seconds sec bit"),
    (11, "minute minutes"),
    (12, "hour hours"),
    (13, "day days"),
    (14, "week weeks"),
    (15, "month months"),
];
