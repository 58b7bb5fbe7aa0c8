//! What stood in the way and no agent could help: work for the centre.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::html::scope::Wanted;
use crate::report::records::{Call, Obstacle, Text};

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
    agents: BTreeSet<Text>,
    pub example: Option<Example>,
}

#[derive(Debug, Clone)]
pub(super) struct Example {
    pub wanted: Wanted,
    pub start_ms: i64,
}

impl Obstacles {
    pub fn add(&mut self, rows: &[Obstacle], calls: &[Call]) {
        let agents: BTreeMap<&Text, &Text> = calls.iter().map(|c| (&c.call_id, &c.agent)).collect();
        for row in rows {
            let key = (row.cause.clone(), row.rubric.clone(), row.question.clone());
            let group = self.0.entry(key).or_default();
            group.calls += 1;
            let agent = agents.get(&row.call_id);
            group.agents.extend(agent.map(|&agent| agent.clone()));
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

    /// The largest groups first, how many are not among them, and how many fewer than `persons`
    /// agents stand behind.
    pub fn shown(&self, persons: usize) -> (Vec<(&Key, &Group)>, usize, usize) {
        let (mut all, few): (Vec<_>, Vec<_>) = self
            .0
            .iter()
            .partition(|(_, group)| persons <= 1 || group.agents.len() >= persons);
        all.sort_by(|a, b| b.1.calls.cmp(&a.1.calls).then(a.0.cmp(b.0)));
        let more = all.len().saturating_sub(LISTED);
        all.truncate(LISTED);
        (all, more, few.len())
    }

    pub fn wanted(&self, persons: usize) -> impl Iterator<Item = Wanted> {
        let (shown, ..) = self.shown(persons);
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
