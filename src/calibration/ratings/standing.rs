//! What each rating can be used for, from what its rater knew.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{RatedAt, RaterKind, Rating, Standing};

/// When a question about a call was agreed on, and in which session.
type Agreed = Vec<(Option<Arc<str>>, RatedAt)>;

/// Sets [`Rating::standing`]. What is not known to be another session counts as the same.
pub(super) fn settle(ratings: &mut [Rating]) {
    let mut agreed: BTreeMap<[Arc<str>; 3], Agreed> = BTreeMap::new();
    for gold in ratings.iter().filter(|r| r.kind == RaterKind::Gold) {
        agreed
            .entry(question_of(gold))
            .or_default()
            .push((gold.session.clone(), gold.at));
    }
    for rating in ratings {
        let told = agreed.get(&question_of(rating)).is_some_and(|agreed| {
            agreed.iter().any(|(session, at)| {
                let same = match (session, &rating.session) {
                    (Some(theirs), Some(own)) => theirs == own,
                    _ => true,
                };
                same && rating.at.is_later_than(*at)
            })
        });
        rating.standing = if told {
            Standing::AfterDiscussion
        } else if rating.saw_automatic {
            Standing::SawAutomatic
        } else if rating.hidden_repeat {
            Standing::HiddenRepeat
        } else {
            Standing::Blind
        };
    }
}

fn question_of(rating: &Rating) -> [Arc<str>; 3] {
    [
        rating.call_id.clone(),
        rating.rubric.clone(),
        rating.question.clone(),
    ]
}
