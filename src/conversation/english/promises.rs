//! How promises are made, and what for.

use super::{Family, Making, class};

pub(super) fn add(making: &mut Making) {
    making.words(class::I_WILL, "i'll we'll");
    making.words(class::YOU_WILL, "you'll");
    making.words(
        class::OTHERS_WILL,
        "he'll she'll they'll it'll that'll someone'll somebody'll",
    );
    making.words(class::I, "i we");
    making.words(class::I_AM, "i'm we're");
    making.words(class::YOU, "you");
    making.words(
        class::OTHERS_ARE,
        "you're he's she's it's they're that's someone's somebody's",
    );
    making.words(
        class::NO_PROMISE,
        "if when whether or what which who how where until before after unless once nobody noone \
         none nothing",
    );
    making.words(
        class::NEGATES,
        "not no never nobody noone none nothing neither nor without hardly cannot can't don't \
         doesn't didn't won't wouldn't couldn't shouldn't isn't aren't wasn't weren't haven't \
         hasn't hadn't ain't",
    );
    making.words(
        class::BETWEEN,
        "also just personally definitely certainly then now gladly happily surely absolutely still \
         probably usually normally hopefully always immediately quickly simply only of course \
         actually first soon again myself ourselves happy glad sure able to go ahead and try trying \
         do our my best make that",
    );
    making.words(
        class::HEDGES,
        "try trying hopefully usually normally probably perhaps maybe possibly might should ought",
    );
    making.family(
        Family::Hedge,
        &[
            "at some point",
            "if i get (around|round|the chance)",
            "(bit|piece) of luck",
            "if possible",
            "(if|whether) (i|we|somebody|someone) can",
            "(my|our) best",
            "what (i|we) can",
            "fingers crossed",
            "all being well",
            "with any luck",
            "i (think|hope|guess|believe|suppose|assume)",
            "as far as i know",
        ],
    );
    making.family(
        Family::NoGuarantee,
        &[
            "(can't|cannot|can not|couldn't) (promise|guarantee)",
            "(don't|won't|not) (promise|guarantee)",
            "no (promises|promise|guarantee|guarantees)",
        ],
    );
    making.words(
        class::CALL,
        "call ring phone contact reach update inform notify calling ringing phoning contacting",
    );
    making.words(
        class::SEND,
        "send email mail text post forward ship dispatch write deliver resend message fax courier \
         sending emailing mailing posting shipping",
    );
    making.words(
        class::REPAIR,
        "fix repair replace install swap exchange restore fixing repairing replacing",
    );
    making.words(
        class::REFUND,
        "refund credit reimburse waive compensate refunding crediting waiving",
    );
    making.words(class::CHECK, "find investigate chase trace track research");
    making.words(
        class::ACT,
        "close cancel book schedule reschedule arrange order reorder submit file escalate report \
         block extend upgrade process raise",
    );
    making.words(
        class::ACT_NOW,
        "open update change add remove set reset note register activate lower reduce correct \
         adjust check look see review confirm verify ask speak talk do handle sort put get \
         complete finish take have make settle start stop pay return bring collect pick finalise \
         finalize",
    );
    making.words(
        class::CALLED,
        "called contacted notified informed phoned rung",
    );
    making.words(
        class::SENT,
        "sent shipped mailed emailed posted delivered dispatched forwarded",
    );
    making.words(
        class::REPAIRED,
        "fixed repaired replaced restored installed",
    );
    making.words(
        class::REFUNDED,
        "refunded credited reimbursed waived compensated",
    );
    making.words(class::SETTLED, "done ready back working processed completed resolved finished sorted closed cancelled canceled");
    making.words(
        class::THING,
        "letter email mail text message card package parcel form bill invoice confirmation receipt \
         replacement copy statement document documents link code label box kit item items order \
         paperwork contract quote details router phone delivery shipment brochure",
    );
    making.words(
        class::MONEY,
        "refund credit money payment cheque reimbursement compensation cashback",
    );
    making.words(
        class::VISITOR,
        "technician technicians engineer engineers plumber electrician driver courier repairman \
         adjuster surveyor inspector locksmith crew",
    );
    making.words(
        class::FEE,
        "fee fees charge charges interest penalty surcharge",
    );
}
