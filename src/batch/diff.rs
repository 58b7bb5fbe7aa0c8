//! Two rubrics on all stored calls. Reads the stored transcripts and nothing else, and writes no
//! table.

use rayon::prelude::*;

use super::judge::judge;
use super::past::{Past, asks_history};
use super::signals::Signals;
use super::store::{CallRecord, Store};
use super::worker::with_causes;
use super::{BatchError, publish::PublishError, threads};
use crate::conversation::metrics::MeasureOptions;
use crate::report::diff::{Flip, RubricDiff};
use crate::rubric::Rubric;
use crate::scoring::{Judged, Scorer};

/// Calls that are scored at once: bounds the memory, and keeps their order.
const CHUNK: usize = 256;

/// A diff, and the calls that could not be read.
pub struct Compared<'r> {
    pub diff: RubricDiff<'r>,
    /// Ids with the reason.
    pub unread: Vec<(String, String)>,
}

/// Takes each call's record and what each rubric made of it, or why it could not be read.
type Seen<'s> = dyn FnMut(&CallRecord, Result<Vec<Judged>, String>) -> Result<(), BatchError> + 's;

/// Judges every stored call with the scorer's rubrics, in order of date, start and id, on `pool`.
/// `seen` gets each call's record and what each rubric made of it, or why it could not be read.
///
/// # Errors
/// A store that cannot be listed, a signal, or what `seen` returns.
pub fn judge_stored(
    store: &Store,
    scorer: &Scorer<'_>,
    pool: &rayon::ThreadPool,
    signals: &Signals,
    seen: &mut Seen<'_>,
) -> Result<(), BatchError> {
    let asked = scorer.rubrics().iter().any(asks_history);
    let past = asked
        .then(|| Past::read(store, pool, signals))
        .transpose()?;
    let roster = store.roster()?;
    for date in store.call_dates()? {
        let mut records = store.calls(&date)?;
        for record in &mut records {
            roster.settle(&mut record.meta);
        }
        for chunk in records.chunks(CHUNK) {
            if let Some(signal) = signals.received() {
                return Err(PublishError::Signal(signal).into());
            }
            let judged: Vec<Result<Vec<Judged>, String>> = pool.install(|| {
                chunk
                    .par_iter()
                    .map(|record| {
                        let options = MeasureOptions::default();
                        judge(store, scorer, past.as_ref(), options, record)
                            .map(|call| call.judged)
                            .map_err(|e| with_causes(&e))
                    })
                    .collect()
            });
            for (record, judged) in chunk.iter().zip(judged) {
                seen(record, judged)?;
            }
        }
    }
    Ok(())
}

/// Compares two rubrics (`[old, new]`) on all calls in the store of `out`; `flipped` gets every
/// answer that differs, in order.
pub fn diff<'r>(
    out: &std::path::Path,
    rubrics: &'r [Rubric; 2],
    jobs: usize,
    signals: &Signals,
    flipped: &mut dyn FnMut(&Flip) -> Result<(), BatchError>,
) -> Result<Compared<'r>, BatchError> {
    if !Store::exists(out) {
        return Err(BatchError::NothingStored(out.to_path_buf()));
    }
    let store = Store::open(out)?;
    let pool = threads::pool(jobs)?;
    let scorer = Scorer::new(rubrics);
    let mut compared = Compared {
        diff: RubricDiff::new(&rubrics[0], &rubrics[1]),
        unread: Vec::new(),
    };
    judge_stored(&store, &scorer, &pool, signals, &mut |record, judged| {
        match judged {
            Ok(judged) => {
                for flip in compared.diff.add(&record.meta, &judged[0], &judged[1]) {
                    flipped(&flip)?;
                }
            }
            Err(reason) => compared.unread.push((record.meta.call_id.clone(), reason)),
        }
        Ok(())
    })?;
    Ok(compared)
}
