//! Words that do not tell what is talked about, and things that a customer is asked for.

use super::{Making, class};

pub(super) fn add(making: &mut Making) {
    making.words(
        class::COMMON,
        "a an the and or but so if then than that this these those there here it its it's he she \
         they them their his her him we us our ours i me my mine you your yours is are was were be \
         been being am i'm i've i'd i'll we're we've we'll you're you've you'll he's she's they're \
         that's there's what's let's do does did doing done don't didn't doesn't have has had \
         having haven't hasn't hadn't will would won't wouldn't can could can't couldn't should \
         shall may might must to of in on at by for from with without about as into onto up down \
         out off over under again once not no nor only own same too very just also now well okay \
         ok yes yeah no oh uh um er hmm right alright sure please thank thanks sorry hello hi hey \
         bye goodbye what when where which who whom whose why how all any both each few more most \
         other some such much many one two lot really quite get got gets go goes going gone come \
         came make made know think see say said says tell told want need like mean because still \
         even ever sir madam ma'am mr mrs miss ms good day today",
    );
    for (item, words) in (1..).zip(ASKED_FOR) {
        making.valued(class::ASKED_FOR, item, words);
    }
    making.words(
        class::MISHEARD,
        "catch caught hear heard sorry pardon repeat spell line breaking noise confirm correct \
         read loud louder slower slowly",
    );
}

/// What somebody asks the customer for; words in one line are the same thing.
///
/// A name or an address may be another one each time, and kinds of number are told apart by the
/// word ahead of "number".
const ASKED_FOR: [&str; 3] = [
    "birth birthday birthdate dob",
    "zip zipcode postcode postal",
    "passcode password pin",
];
