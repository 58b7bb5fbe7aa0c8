//! How questions are asked, and those that want no answer.

use super::{Family, Making, class};

pub(super) fn add(making: &mut Making) {
    making.words(
        class::ASKS,
        "what when where why how who which whose whom what's when's where's who's how's",
    );
    making.words(
        class::AUXILIARY,
        "is are was were am do does did will would can could should shall may might must has have \
         had isn't aren't wasn't weren't don't doesn't didn't won't wouldn't can't couldn't \
         shouldn't haven't hasn't",
    );
    making.words(
        class::PRONOUN,
        "i you he she it we they there this that these those my your his her our their anyone \
         anybody someone somebody anything something",
    );
    making.words(
        class::OPENS,
        "and so but or well okay ok hi hello hey um uh er erm ah oh sorry please just also then \
         now yes yeah no right alright good great fine actually because like thanks thank you",
    );
    making.family(
        Family::Question,
        &[
            "(can|could|would|will) (you|i|we|somebody|someone|they|it|he|she)",
            "(do|did) (you|i|we|they)",
            "(is|are|was|were) (there|it|that|this|they|you|my|your|the|these)",
            "(does|did|has|will|would) (it|that|this|my|the)",
            "(have|should|shall|may|must) (i|we|you)",
            "am i",
            "how (long|much|many|soon|often|far|come|do|does|did|can|could|is|are|will|would|should)",
            "(what|where|when|why|who|which|how) (is|are|was|were|do|does|did|will|would|can|could|should|has|have|am)",
            "(what's|where's|when's|who's) (the|that|this|my|your|his|her|their|our|going|wrong|happening|next|it)",
            "what (happens|about|if|time|day|kind|sort|number|else)",
            "why not",
            "how about",
        ],
    );
    making.family(
        Family::IndirectQuestion,
        &[
            // Who says so asks for an explanation.
            "(don't|do not|didn't) (know|understand) what (that|this|it) (means|meant)",
            "(don't|do not|didn't) understand (that|this|it)",
            "(you've lost|you lost) me",
            "(wondering|wonder) (if|whether|when|why|what|where|how)",
            "(like|want|wanted|need) to know (if|whether|when|why|what|where|how)",
        ],
    );
    making.family(
        Family::LineCheck,
        &[
            "(is|are) (anyone|anybody|someone|somebody|you) (still there|there|still here)",
            "can you (still hear|hear) me",
            "do you hear me",
            "did (i|we) lose you",
        ],
    );
    making.family(
        Family::Rhetorical,
        &[
            "are you (kidding|serious|joking)",
            "(is that|is this) a joke",
            "can you (believe|imagine)",
            "you know what",
            "guess what",
            "how are you",
            "how do you do",
            "how is it going",
            "how's it going",
            "who knows",
            "who cares",
            "what a",
            "what the",
        ],
    );
}
