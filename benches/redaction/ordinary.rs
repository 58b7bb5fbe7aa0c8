//! What is masked in talk that was made for other ends: the sample calls as they were said, and the
//! calls of the programme.

use std::collections::BTreeMap;

use callibrate::recording::CustomerName;
use callibrate::redaction::Redactor;
use callibrate::transcript::{RedactedKind, Transcript};

use crate::{Fault, label, sample};

pub fn figures() -> Result<String, Fault> {
    let folders = [
        counts("reference", "calls.csv")?,
        counts("programme/transcripts", "programme/calls.csv")?,
    ];
    let row = |name: &str, count: &dyn Fn(&Counts) -> usize| {
        let [samples, programme] = folders.each_ref().map(count);
        format!("| {name} | {samples} | {programme} |\n")
    };
    let mut text = "| | sample calls | programme |\n|---|--:|--:|\n".to_string();
    text += &row("calls", &|c| c.calls);
    text += &row("words", &|c| c.words);
    for kind in RedactedKind::ALL {
        let name = format!("placeholders: {}", label(kind));
        text += &row(&name, &|c| c.placeholders.get(&kind).copied().unwrap_or(0));
    }
    Ok(text)
}

#[derive(Default)]
struct Counts {
    calls: usize,
    words: usize,
    placeholders: BTreeMap<RedactedKind, usize>,
}

fn counts(folder: &str, table: &str) -> Result<Counts, Fault> {
    let customers = customers(table)?;
    let redactor = Redactor::default();
    let mut counts = Counts::default();
    let mut paths: Vec<_> = sample(folder).read_dir()?.collect::<Result<Vec<_>, _>>()?;
    paths.sort_by_key(|entry| entry.path());
    for path in paths.iter().map(|entry| entry.path()) {
        let id = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let names: Vec<CustomerName> = customers.get(&id).cloned().into_iter().collect();
        let before = Transcript::read(&path)?;
        counts.calls += 1;
        let segments = before.channels.iter().flat_map(|c| &c.segments);
        counts.words += segments.map(|s| s.words.len()).sum::<usize>();
        let after = redactor.redact(before, &names);
        let after = after
            .channels
            .iter()
            .flat_map(|c| &c.segments)
            .flat_map(|s| &s.words);
        for redacted in after.filter_map(|w| w.redacted.as_ref()) {
            *counts.placeholders.entry(redacted.kind).or_default() += 1;
        }
    }
    Ok(counts)
}

/// Names of customers, by call.
fn customers(table: &str) -> Result<BTreeMap<String, CustomerName>, Fault> {
    let mut customers = BTreeMap::new();
    for row in csv::Reader::from_path(sample(table))?.deserialize() {
        let row: BTreeMap<String, String> = row?;
        if let (Some(call), Some(name)) = (row.get("call_id"), row.get("customer_name"))
            && !name.is_empty()
        {
            customers.insert(call.clone(), CustomerName::new(name.as_str()));
        }
    }
    Ok(customers)
}
