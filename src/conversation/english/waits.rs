//! What is said ahead of a wait and after it.

use super::{Family, Making, class};

pub(super) fn add(making: &mut Making) {
    making.family(Family::Announcement, ANNOUNCEMENTS);
    making.family(Family::Return, RETURNS);
    making.family(Family::Transfer, TRANSFERS);
    making.words(
        class::THANKS,
        "thank thanks sorry apologies apology apologize apologise apologizing apologising \
         appreciate appreciated patience pardon grateful",
    );
}

/// Said ahead of a wait.
const ANNOUNCEMENTS: &[&str] = &[
    "please hold",
    "hold please",
    "hold on",
    "hold the line",
    "you hold",
    "hold for a (moment|minute|second)",
    "(you|call) on hold",
    "a (brief|short|quick) hold",
    "on a hold",
    "one moment",
    "one more moment",
    "a moment please",
    "just a (moment|second|sec|minute)",
    "one (second|minute)",
    "give me a (moment|second|minute)",
    "bear with (me|us)",
    "hang on",
    "(stay|wait|remain) on the line",
    "transfer you",
    "wait a (moment|minute|second)",
    "please wait",
    "be right back",
    "let me (check|look|see|find|pull|bring|open|get|ask)",
    "let me just (check|look)",
    "let me have a look",
    "let me take a look",
    "i'll (check|look)",
    "i'll just check",
    "i'll have a look",
    "i will (check|look)",
    "going to (check|look)",
    "need to check",
    "while (i|we)",
    "ask my (manager|supervisor)",
    "i'm checking",
    "still checking",
];

/// Said by the agent on coming back.
const RETURNS: &[&str] = &[
    "for holding",
    "for waiting",
    "for your patience",
    "(appreciate|grateful for) your patience",
    "for bearing with (me|us)",
    "for staying on",
    "you waiting",
    "i'm back",
    "you still there",
    "still with me",
];

/// The call goes to somebody else.
const TRANSFERS: &[&str] = &[
    "(transfer|transferring|connect|connecting) you",
    "(put|putting) you through",
    "(pass|passing) you (on|over|to)",
    "hand you over",
];
