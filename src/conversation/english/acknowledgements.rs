//! Words that acknowledge and take no floor.

use super::{Family, Making, class};

pub(super) fn add(making: &mut Making) {
    making.words(
        class::ACKNOWLEDGES,
        "okay ok yes yeah yep yup mm mhm mmm mmhm mmhmm hm hmm uh huh uhhuh ah aha oh right \
         alright sure fine",
    );
    making.family(
        Family::Acknowledgement,
        &["all right", "i see", "of course", "got it", "i understand"],
    );
}
