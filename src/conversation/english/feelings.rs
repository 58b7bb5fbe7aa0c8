//! How good or bad words are in a service call, and what makes them stronger or weaker.
//!
//! Written for this product and copied from no list. Words that are only the matter of a call
//! ("bill", "cancel", "problem with a payment") are weak or left out: a customer who names a
//! fault calmly is not angry.

use super::{Making, class};

pub(super) fn add(making: &mut Making) {
    for (tenths, words) in VALENCES {
        making.valence(*tenths, words);
    }
    making.words(
        class::STRENGTHENS,
        "very really so extremely absolutely completely totally utterly incredibly highly truly \
         terribly awfully deeply such too",
    );
    making.words(
        class::WEAKENS,
        "slightly somewhat bit little fairly partly almost kinda sorta rather",
    );
}

/// Valences in tenths, -30 to 30.
const VALENCES: &[(i8, &str)] = &[
    (
        30,
        "amazing awesome brilliant delighted excellent fantastic marvellous outstanding superb \
          thrilled wonderful lifesaver",
    ),
    (
        20,
        "appreciate appreciated appreciates excited fabulous grateful great happy helpful \
          impressed incredible kind kindness lovely love loved loves perfect perfectly pleased \
          pleasure relief relieved reassuring reassured thoughtful thankful friendly glad generous \
          considerate",
    ),
    (
        15,
        "beautiful comfortable easy easier enjoy enjoyed nice nicely smooth smoothly satisfied \
          recommend trusted congratulations professional respectful efficient \
          quick quickly pleasant polite reliable welcoming caring understanding",
    ),
    (
        10,
        "better best cool fixed good solved resolved helped helps helping hopeful improved \
          improvement thank thanks cheers welcome works worked working sorted clear clearly \
          interesting useful fair honest safe bonus calm confident gladly properly \
          understandable settled happier luckily fortunately smile",
    ),
    (
        -8,
        "afraid bother concern concerned delay delayed difficult hard issue issues lost \
          mistake mistakes missing odd problem problems slow strange trouble unclear unsure \
          waited waiting wrong late error errors expensive busy complicated hassle \
          sadly unfortunately repeatedly overcharged",
    ),
    (
        -12,
        "annoyed annoying broken complain complaint complaining confused confusing damaged \
           disappointed disappointing failed fails failing failure ignored impatient \
           inconvenient inconvenience misled nervous sad stuck tired unfair unhappy upset \
           upsetting useless worried worry worrying worse unacceptable unhelpful unprofessional \
           uncomfortable dissatisfied unreliable stress stressed stressful struggling rude \
           forgotten neglected bounced threat threatening threatened",
    ),
    (
        -20,
        "anger angry appalling appalled awful bad bloody cheated crazy cruel damn disrespectful \
           disrespected frustrated frustrating frustration hate hated horrible idiot idiots \
           incompetent insane insulted insulting joke liar liars lied lying mad mess misleading \
           nonsense nightmare outraged pathetic ridiculous shocked shocking stupid sucks \
           terrible terribly unbelievable waste wasted wasting worst hopeless helpless devastated",
    ),
    (
        -30,
        "abysmal atrocious crap disgrace disgraceful disgusted disgusting fraud fuming furious \
           hell outrageous outrage robbed robbery scam scammed scammers shit bullshit thieves theft \
           stolen vile livid",
    ),
];
