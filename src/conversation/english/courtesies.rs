//! What is said around the matter: farewells, and words that are kind and answer nothing.

use super::{Family, Making, class};

pub(super) fn add(making: &mut Making) {
    making.words(class::TITLE, "mr mrs ms dr st mister missus");
    making.words(
        class::REPLIES,
        "yes yeah yep yup no nope sure absolutely definitely certainly exactly correct fine \
         perfectly indeed never",
    );
    making.family(
        Family::Closing,
        &[
            "(bye|goodbye|byebye)",
            "good bye",
            "take care",
            "have a (nice|good|great|lovely|wonderful|pleasant|safe) \
             (day|evening|night|weekend|afternoon|morning|one|week|rest)",
            "(thank you|thanks) for (calling|choosing|being|contacting)",
            "(you're|you are) (very welcome|most welcome|welcome|so welcome)",
            "all the best",
            "you too",
            "(anything|something) else",
        ],
    );
    making.family(
        Family::MovesOn,
        &[
            "(moving|move) on",
            "(let's|let us) (continue|carry on|go on|get on)",
            "(let's|let us) (get|go) (back to|through the rest|through the other)",
            "get through the (rest|other|next|remaining)",
            "the next thing on (my|the)",
            "the next (question|item|field)",
            "next question",
            "(as i was|you were) saying",
            "anyway",
        ],
    );
    making.family(
        Family::Courtesy,
        &[
            "(i'm|i am|we're|we are) (so|very|really|terribly) sorry",
            "(i'm|i am|we're|we are) sorry",
            "(i|we) (apologize|apologise|hear you)",
            "(i|we) (completely|totally|fully|really|do) understand",
            "(i|we) (can imagine|understand)",
            "(to hear|about) (that|this|it)",
            "for (that|this|the inconvenience|the trouble|the delay|your loss|you)",
            "(let me|i'll|i will|i can) help you (with that|with this|right away)",
            "(let me|i'll|i will|i can) help (with that|with this|you)",
        ],
    );
}
