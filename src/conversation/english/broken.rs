//! How a customer says that a promise was broken.

use super::{Family, Making};

pub(super) fn add(making: &mut Making) {
    making.family(
        Family::Broken,
        &[
            "(you|they|he|she|somebody|someone|who|colleague|agent|lady|man|guy|woman|department|manager) \
             promised",
            "(was|were|been|got) promised",
            "(nobody|no one|noone|none) (ever called|called|ever rang|rang|phoned|ever got back|got back|\
             contacted|ever contacted|has called|has contacted|showed up|turned up|came|ever came|\
             replied|has replied|ever replied|responded|answered my|wrote back)",
            "(never|didn't|did not|hasn't|has not|haven't|have not|don't) \
             (called me|called us|call me back|call us back|call back|called back|rang me|ring me|ring back|\
             phoned me|got back to|get back to|gotten back to|came back to|come back to|contacted me|contact me|\
             showed up|show up|turned up|turn up)",
            "never (got a call|received a call|got the call|got any call|heard back|heard from|got a callback|\
             came|arrived)",
            "(haven't|have not|still not|not) (heard back|heard from|heard anything)",
            "(still haven't|still have not) (received|got|gotten|had|heard)",
            "(still|been) waiting (for|on) (you|somebody|someone|them|him|her) to",
            "(still|been) waiting (for|on) (the|a|that|your|my) (call|callback|call back)",
            "(that|it|which) never (happened|came|arrived)",
            "so much for (the|that|your) promise",
            "(was|were) supposed to (call|ring|phone|contact|arrive|come|be here|be delivered|get back|send|\
             be fixed|be refunded|get|receive)",
        ],
    );
    making.family(
        Family::Kept,
        &[
            "as (promised|you promised|agreed)",
            "like you promised",
            "(and|but) (you|they|he|she|it) did",
            "(it|they|he|she) (came|arrived|did come|did arrive|did call|called)",
            "got it",
        ],
    );
}
