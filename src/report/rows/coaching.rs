//! Rows of the table `coaching`.

use super::super::schema::Cell;
use super::Row;
use crate::calibration::ratings::Coached;
use crate::report::records::Followed;

/// The row of one coaching, with what followed it where that is known.
pub fn coaching_row(coached: &Coached, team: Option<&str>, followed: Option<&Followed>) -> Row {
    let agreed = &coached.agreed;
    let text = |text: Option<&str>| text.map_or(Cell::Null, Cell::from);
    let count = |count: Option<i64>| count.map_or(Cell::Null, Cell::Int);
    let figure = |figure: Option<f64>| figure.map_or(Cell::Null, Cell::Float);
    let day =
        |day: Option<jiff::civil::Date>| day.map_or(Cell::Null, |d| Cell::from(d.to_string()));
    vec![
        Cell::from(coached.agent.as_str()),
        text(team),
        Cell::from(coached.rubric.as_str()),
        Cell::from(coached.question.as_str()),
        day(Some(coached.on)),
        text(agreed.coach.as_deref()),
        count(agreed.minutes.map(i64::from)),
        text(agreed.action.as_deref()),
        day(agreed.follow_up),
        day(agreed.done),
        Cell::from(agreed.calls.join(",")),
        text(followed.map(|f| &*f.flag)),
        count(followed.map(|f| f.calls_before)),
        count(followed.map(|f| f.calls_after)),
        figure(followed.and_then(|f| f.rate_before)),
        figure(followed.and_then(|f| f.rate_after)),
        figure(followed.and_then(|f| f.difference)),
        figure(followed.and_then(|f| f.difference_low)),
        figure(followed.and_then(|f| f.difference_high)),
    ]
}
