//! A stored call, judged: what publishing and comparing two forms have in common.

use super::past::Past;
use super::store::{CallRecord, Store, StoreError};
use crate::conversation::metrics::{self, MeasureOptions, Metrics};
use crate::conversation::{Conversation, ConversationError};
use crate::scoring::{Call, Judged, Scorer};
use crate::transcript::Transcript;

/// All that was found out about a call.
pub(super) struct JudgedCall {
    pub transcript: Transcript,
    pub conversation: Conversation,
    pub metrics: Metrics,
    /// By the scorer's rubrics, in their order.
    pub judged: Vec<Judged>,
}

/// The call cannot be judged.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    #[error(transparent)]
    Transcript(#[from] StoreError),
    #[error(transparent)]
    Conversation(#[from] ConversationError),
}

/// Reads a call's transcript and judges it; without a past, rules about it are unknown.
pub(super) fn judge(
    store: &Store,
    scorer: &Scorer<'_>,
    past: Option<&Past>,
    measure: MeasureOptions,
    record: &CallRecord,
) -> Result<JudgedCall, Unread> {
    let transcript = store.transcript(&record.transcript)?;
    let conversation = Conversation::new(&transcript, record.meta.agent_channel)?;
    let metrics = metrics::measure_with(&conversation, measure);
    let history = past.and_then(|past| past.history(&record.meta.call_id));
    let judged = scorer.judge(&Call {
        meta: &record.meta,
        conversation: &conversation,
        metrics: &metrics,
        history: history.as_ref(),
    });
    Ok(JudgedCall {
        transcript,
        conversation,
        metrics,
        judged,
    })
}
