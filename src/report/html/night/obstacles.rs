//! What stood in the way and no agent could help: work for the centre.

use std::collections::BTreeMap;

use crate::report::html::scope::Wanted;
use crate::report::records::{Obstacle, Text};

/// Groups in the list.
const LISTED: usize = 10;
/// A quote is looked for around so long after its beginning.
pub(super) const ABOUT_MS: i64 = 1_000;

/// Cause, rubric and question.
type Key = (Text, Text, Text);

#[derive(Debug, Default)]
pub(super) struct Obstacles(BTreeMap<Key, Group>);

/// What has one cause and one question.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub calls: usize,
    pub example: Option<Example>,
}

#[derive(Debug, Clone)]
pub(super) struct Example {
    pub wanted: Wanted,
    pub start_ms: i64,
}

impl Obstacles {
    pub fn add(&mut self, rows: &[Obstacle]) {
        for row in rows {
            let key = (row.cause.clone(), row.rubric.clone(), row.question.clone());
            let group = self.0.entry(key).or_default();
            group.calls += 1;
            if let (None, Some(start_ms)) = (&group.example, row.start_ms) {
                group.example = Some(Example {
                    wanted: Wanted {
                        date: row.date.clone(),
                        call_id: row.call_id.clone(),
                    },
                    start_ms,
                });
            }
        }
    }

    /// The largest groups first, and how many are not among them.
    pub fn shown(&self) -> (Vec<(&Key, &Group)>, usize) {
        let mut all: Vec<(&Key, &Group)> = self.0.iter().collect();
        all.sort_by(|a, b| b.1.calls.cmp(&a.1.calls).then(a.0.cmp(b.0)));
        let more = all.len().saturating_sub(LISTED);
        all.truncate(LISTED);
        (all, more)
    }

    pub fn wanted(&self) -> impl Iterator<Item = Wanted> {
        let (shown, _) = self.shown();
        let examples = shown
            .into_iter()
            .filter_map(|(_, group)| group.example.clone());
        examples.map(|example| example.wanted)
    }
}

/// Whose it is to mend.
pub(super) fn cause(code: &str) -> &'static str {
    match code {
        "process" => "How we work (process)",
        "system" => "Our systems",
        "policy" => "Our rules (policy)",
        "other_team" => "Another team",
        "customer" => "The customer's side",
        _ => "Cause not known",
    }
}
