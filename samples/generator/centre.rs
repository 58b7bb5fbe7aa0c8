//! The centre: agents with their own habits, the matters that people call about, and the calendar.

use callibrate::recording::{StartedAt, when};

use super::chance::Chance;

/// 20 agents in four teams of five: the team decides which matters reach them.
pub const AGENTS: [&str; 20] = [
    "alice.moore",
    "brian.cole",
    "carla.diaz",
    "derek.hall",
    "elena.novak",
    "frank.osei",
    "grace.lund",
    "hector.ruiz",
    "irene.walsh",
    "jonas.pike",
    "karen.boyd",
    "liam.foster",
    "maya.singh",
    "nathan.reed",
    "olivia.kent",
    "paul.garner",
    "quinn.doyle",
    "rosa.marino",
    "simon.tate",
    "tessa.wood",
];
pub const TEAMS: [&str; 4] = ["harbour", "lakeside", "orchard", "summit"];
const TEAM_SIZE: usize = 5;

pub fn team_of(agent: usize) -> usize {
    agent / TEAM_SIZE
}

/// What a call is about.
#[derive(Debug, PartialEq)]
pub struct Matter {
    /// As the centre codes it, and the prefix of its wordings.
    pub reason: &'static str,
    pub queue: &'static str,
    pub company: &'static str,
    pub team: usize,
    /// How common it is.
    pub share: f64,
}

const fn matter(
    reason: &'static str,
    queue: &'static str,
    company: &'static str,
    team: usize,
    share: f64,
) -> Matter {
    Matter {
        reason,
        queue,
        company,
        team,
        share,
    }
}

const BANK: &str = "Northwind Bank";
const NET: &str = "Brightline Internet";
const STORE: &str = "Harbor Home Store";

/// All matters. The debt is the only one that the centre calls about first.
pub const MATTERS: [Matter; 15] = [
    matter("card_lost", "cards", BANK, 0, 0.08),
    matter("balance", "accounts", BANK, 0, 0.05),
    matter("password", "accounts", BANK, 0, 0.06),
    matter("address_change", "accounts", BANK, 0, 0.05),
    matter("payment", "billing", NET, 1, 0.09),
    matter("bill_too_high", "billing", NET, 1, 0.08),
    matter("internet_down", "technical", NET, 1, 0.09),
    matter("cancel", "retention", NET, 1, 0.06),
    matter("plan_change", "billing", NET, 1, 0.04),
    matter("parcel_late", "orders", STORE, 2, 0.08),
    matter("damaged_item", "orders", STORE, 2, 0.05),
    matter("refund", "orders", STORE, 2, 0.05),
    matter("claim", "claims", "Meridian Insurance", 2, 0.04),
    matter("appointment", "appointments", "Lakeshore Clinic", 2, 0.04),
    matter(DEBT, "collections", "Calder Recovery", 3, 0.17),
];
pub const DEBT: &str = "debt";

/// A habit of agents: how likely they show it where there is occasion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    OffersHelp,
    GivesName,
    NamesRecording,
    IdentityFirst,
    TwoItems,
    TellsAnyway,
    ReadsOut,
    Empathy,
    EmpathyAtOnce,
    Listens,
    Recognises,
    OwnsMistakes,
    UsesName,
    CutsIn,
    CutsInAgain,
    Hurries,
    GivesTime,
    Policy,
    DeadEnd,
    Jargon,
    Explains,
    AnswersQuestions,
    ClosesEarly,
    AnnouncesHold,
    ThanksForHold,
    FirmPromise,
    DatedPromise,
    KeepsPromise,
    DatedStep,
    Confirms,
    Anticipates,
    AsksFurther,
    Thanks,
    TransfersWarmly,
    HonoursObjection,
    WayBack,
    Celebrates,
    AcceptsNo,
    PushesSafePayment,
    SaysAmount,
    Miranda,
    DisputeRight,
    HoldsDebt,
    Threatens,
    StopsCalling,
}

/// Traits of an agent that habits depend on, standard normal over agents.
#[derive(Debug, Clone, Copy, Default)]
pub struct Traits {
    pub warmth: f64,
    pub hurry: f64,
    pub care: f64,
    pub clarity: f64,
    pub reliability: f64,
}

/// Habit, log-odds for an average agent, and what a standard deviation of warmth, hurry, care,
/// clarity and reliability adds.
const HABITS: [(Habit, &str, f64, [f64; 5]); 45] = [
    (
        Habit::OffersHelp,
        "offers_help",
        2.0,
        [0.8, -0.3, 0.0, 0.0, 0.0],
    ),
    (
        Habit::GivesName,
        "gives_name",
        2.0,
        [0.3, -0.2, 0.5, 0.0, 0.0],
    ),
    (
        Habit::NamesRecording,
        "names_recording",
        1.6,
        [0.0, -0.4, 1.0, 0.0, 0.0],
    ),
    (
        Habit::IdentityFirst,
        "identity_first",
        2.0,
        [0.0, -0.5, 1.0, 0.0, 0.0],
    ),
    (
        Habit::TwoItems,
        "two_items",
        1.6,
        [0.0, -0.4, 0.8, 0.0, 0.0],
    ),
    (
        Habit::TellsAnyway,
        "tells_anyway",
        -1.0,
        [0.0, 0.3, -1.0, 0.0, 0.0],
    ),
    (
        Habit::ReadsOut,
        "reads_out",
        -2.6,
        [0.0, 0.6, -0.9, 0.0, 0.0],
    ),
    (Habit::Empathy, "empathy", 0.9, [1.2, -0.4, 0.0, 0.0, 0.0]),
    (
        Habit::EmpathyAtOnce,
        "empathy_at_once",
        1.0,
        [0.8, 0.0, 0.0, 0.0, 0.0],
    ),
    (Habit::Listens, "listens", 0.3, [0.9, -0.6, 0.0, 0.3, 0.0]),
    (
        Habit::Recognises,
        "recognises_effort",
        0.7,
        [1.0, -0.3, 0.0, 0.0, 0.0],
    ),
    (
        Habit::OwnsMistakes,
        "owns_mistakes",
        0.4,
        [0.9, 0.0, 0.0, 0.0, 0.4],
    ),
    (Habit::UsesName, "uses_name", 0.9, [0.9, 0.0, 0.0, 0.0, 0.0]),
    (Habit::CutsIn, "cuts_in", -2.4, [-0.2, 1.3, 0.0, 0.0, 0.0]),
    (
        Habit::CutsInAgain,
        "cuts_in_again",
        -0.9,
        [0.0, 0.8, 0.0, 0.0, 0.0],
    ),
    (Habit::Hurries, "hurries", -3.0, [-0.3, 1.2, 0.0, 0.0, 0.0]),
    (
        Habit::GivesTime,
        "gives_time",
        -1.4,
        [0.8, -0.8, 0.0, 0.0, 0.0],
    ),
    (Habit::Policy, "policy", -2.4, [-0.8, 0.4, 0.0, 0.0, 0.0]),
    (
        Habit::DeadEnd,
        "dead_end",
        -2.5,
        [-0.6, 0.6, 0.0, 0.0, -0.3],
    ),
    (Habit::Jargon, "jargon", -1.9, [0.0, 0.0, 0.0, -1.0, 0.0]),
    (Habit::Explains, "explains", 1.2, [0.0, -0.3, 0.0, 1.0, 0.0]),
    (
        Habit::AnswersQuestions,
        "answers_questions",
        1.5,
        [0.3, -1.0, 0.0, 0.0, 0.0],
    ),
    (
        Habit::ClosesEarly,
        "closes_early",
        -3.4,
        [0.0, 1.3, 0.0, 0.0, 0.0],
    ),
    (
        Habit::AnnouncesHold,
        "announces_hold",
        1.6,
        [0.0, -0.4, 0.6, 0.0, 0.0],
    ),
    (
        Habit::ThanksForHold,
        "thanks_for_hold",
        1.0,
        [0.7, 0.0, 0.0, 0.0, 0.0],
    ),
    (
        Habit::FirmPromise,
        "firm_promise",
        1.0,
        [0.0, 0.0, 0.0, 0.3, 0.9],
    ),
    (
        Habit::DatedPromise,
        "dated_promise",
        1.0,
        [0.0, -0.3, 0.0, 0.3, 0.8],
    ),
    (
        Habit::KeepsPromise,
        "keeps_promise",
        1.4,
        [0.0, -0.3, 0.0, 0.0, 1.0],
    ),
    (
        Habit::DatedStep,
        "dated_step",
        0.9,
        [0.0, -0.4, 0.0, 0.4, 0.7],
    ),
    (Habit::Confirms, "confirms", 0.5, [0.0, -0.5, 0.8, 0.0, 0.0]),
    (
        Habit::Anticipates,
        "anticipates",
        -0.3,
        [0.3, -0.6, 0.0, 0.8, 0.0],
    ),
    (
        Habit::AsksFurther,
        "asks_further",
        1.5,
        [0.3, -0.6, 0.0, 0.0, 0.0],
    ),
    (Habit::Thanks, "thanks", 1.7, [0.6, -0.4, 0.0, 0.0, 0.0]),
    (
        Habit::TransfersWarmly,
        "transfers_warmly",
        0.2,
        [0.8, -0.5, 0.0, 0.0, 0.0],
    ),
    (
        Habit::HonoursObjection,
        "honours_objection",
        1.2,
        [0.0, 0.0, 0.9, 0.0, 0.0],
    ),
    (Habit::WayBack, "way_back", -1.8, [0.7, -0.3, 0.0, 0.0, 0.4]),
    (
        Habit::Celebrates,
        "small_talk",
        -2.2,
        [0.8, -0.4, 0.0, 0.0, 0.0],
    ),
    (
        Habit::AcceptsNo,
        "accepts_no",
        1.2,
        [0.6, 0.0, 0.0, 0.0, 0.0],
    ),
    (
        Habit::PushesSafePayment,
        "safe_payment",
        1.2,
        [0.0, -0.3, 1.0, 0.0, 0.0],
    ),
    (
        Habit::SaysAmount,
        "says_amount",
        1.6,
        [0.0, -0.3, 0.4, 0.0, 0.0],
    ),
    (
        Habit::Miranda,
        "mini_miranda",
        1.5,
        [0.0, -0.3, 1.0, 0.0, 0.0],
    ),
    (
        Habit::DisputeRight,
        "dispute_right",
        0.8,
        [0.0, 0.0, 0.9, 0.0, 0.0],
    ),
    (
        Habit::HoldsDebt,
        "keeps_debt_from_others",
        1.4,
        [0.0, 0.0, 1.0, 0.0, 0.0],
    ),
    (
        Habit::Threatens,
        "threatens",
        -3.0,
        [-0.7, 0.6, -0.4, 0.0, 0.0],
    ),
    (
        Habit::StopsCalling,
        "stops_calling",
        1.1,
        [0.2, 0.0, 0.9, 0.0, 0.0],
    ),
];

/// The habits with their names, in the order of the enum.
pub fn habits() -> impl Iterator<Item = (Habit, &'static str)> {
    HABITS.iter().map(|(habit, name, ..)| (*habit, *name))
}

/// An agent as planted.
#[derive(Debug, Clone)]
pub struct Agent {
    pub id: &'static str,
    /// As spoken on the phone.
    pub first_name: String,
    pub team: &'static str,
    /// Traits in the first week.
    pub traits: Traits,
    /// What is added to them by the end of the last week; zero for those who stay as they are.
    pub drift: Traits,
}

impl Agent {
    /// All agents; the same ones for the same seed.
    pub fn all(seed: u64) -> Vec<Agent> {
        (0..AGENTS.len()).map(|i| Agent::planted(seed, i)).collect()
    }

    fn planted(seed: u64, index: usize) -> Agent {
        let mut chance = Chance::new(seed, "agent", index as u64);
        let mut traits = Traits {
            warmth: chance.normal(),
            hurry: chance.normal(),
            care: chance.normal(),
            clarity: chance.normal(),
            reliability: chance.normal(),
        };
        let mut drift = Traits::default();
        // One agent of each team stands out, and one changes over the weeks.
        match index % TEAM_SIZE {
            0 => traits.hurry += 1.5,
            1 => traits.warmth += 1.2,
            2 => drift.hurry = 2.0,
            3 => drift.care = 2.0,
            _ => {}
        }
        let id = AGENTS[index];
        let first = id.split('.').next().unwrap_or(id);
        Agent {
            id,
            first_name: first[..1].to_uppercase() + &first[1..],
            team: TEAMS[team_of(index)],
            traits,
            drift,
        }
    }

    /// The traits at a time, 0 (start) to 1 (end of the last week).
    pub fn at(&self, time: f64) -> Traits {
        let (a, d) = (self.traits, self.drift);
        Traits {
            warmth: a.warmth + d.warmth * time,
            hurry: a.hurry + d.hurry * time,
            care: a.care + d.care * time,
            clarity: a.clarity + d.clarity * time,
            reliability: a.reliability + d.reliability * time,
        }
    }
}

impl Traits {
    /// How likely the habit shows where there is occasion.
    pub fn rate(&self, habit: Habit) -> f64 {
        let (_, _, base, loads) = &HABITS[habit as usize];
        let own = [
            self.warmth,
            self.hurry,
            self.care,
            self.clarity,
            self.reliability,
        ];
        let odds: f64 = base + loads.iter().zip(own).map(|(l, t)| l * t).sum::<f64>();
        1.0 / (1.0 + (-odds).exp())
    }
}

/// First day: Monday, 5 January 2026.
const FIRST_DAY: i64 = 1_767_571_200_000;
pub const DAY_MS: i64 = 86_400_000;
pub const WEEKS: i64 = 8;
pub const ZONE: &str = "America/New_York";
/// Local time is kept as milliseconds since the first midnight; New York's clocks do not change
/// within the eight weeks.
const UTC_OFFSET_MS: i64 = -5 * 3_600_000;
const OPEN_MS: i64 = 8 * 3_600_000;
const OPEN_FOR_MS: i64 = 10 * 3_600_000;
const DAYS_OPEN: i64 = 5;

/// The moment after this much open time: Monday to Friday, eight to six.
pub fn after_open_time(open_ms: i64) -> i64 {
    let days = open_ms / OPEN_FOR_MS;
    let day = days / DAYS_OPEN * 7 + days % DAYS_OPEN;
    day * DAY_MS + OPEN_MS + open_ms % OPEN_FOR_MS
}

/// Open time in all.
pub fn open_time() -> i64 {
    WEEKS * DAYS_OPEN * OPEN_FOR_MS
}

/// The moment itself, or the next in which the centre is open, spread over the first hours.
pub fn when_open(ms: i64, chance: &mut Chance) -> i64 {
    let (mut day, in_day) = (ms / DAY_MS, ms % DAY_MS);
    let weekend = |day: i64| day % 7 >= DAYS_OPEN;
    if !weekend(day) && (OPEN_MS..OPEN_MS + OPEN_FOR_MS).contains(&in_day) {
        return ms;
    }
    if in_day >= OPEN_MS || weekend(day) {
        day += 1;
    }
    while weekend(day) {
        day += 1;
    }
    day * DAY_MS + OPEN_MS + chance.between(0, 3 * 3_600_000)
}

/// The moment as callibrate keeps it.
pub fn started_at(ms: i64) -> StartedAt {
    let local = jiff::Timestamp::from_millisecond(FIRST_DAY + ms)
        .expect("the eight weeks are in the calendar")
        .to_zoned(jiff::tz::TimeZone::UTC)
        .datetime();
    StartedAt {
        utc_ms: (FIRST_DAY + ms - UTC_OFFSET_MS) / 1000 * 1000,
        local_date: local.date().to_string(),
        local: local.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        zone: ZONE.to_string(),
        doubtful: false,
    }
}

/// The moment of a local time as tables write it (`2026-03-03T17:24:10`), whatever the clocks did.
pub fn moment(local: &str) -> Result<i64, jiff::Error> {
    let local: jiff::civil::DateTime = local.parse()?;
    let at = local.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp();
    Ok(at.as_millisecond() - FIRST_DAY)
}

/// The local time of a moment to the minute, `2026-03-03T17:24`.
pub fn local_minute(ms: i64) -> String {
    let mut local = started_at(ms).local;
    local.truncate("2026-03-03T17:24".len());
    local
}

/// The week of a moment, from 0.
pub fn week(ms: i64) -> i64 {
    ms.div_euclid(7 * DAY_MS)
}

/// The local day of a moment, `YYYY-MM-DD`.
pub fn local_date(ms: i64) -> String {
    started_at(ms).local_date
}

pub const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

pub fn weekday(ms: i64) -> &'static str {
    WEEKDAYS[(ms / DAY_MS).rem_euclid(7) as usize]
}

/// `January 14th`.
pub fn spoken_date(ms: i64) -> String {
    let date = jiff::Timestamp::from_millisecond(FIRST_DAY + ms)
        .expect("dates near the eight weeks are in the calendar")
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let day = date.day();
    let ending = match (day % 10, day / 10) {
        (_, 1) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{} {day}{ending}", MONTHS[date.month() as usize - 1])
}

pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Checks the one assumption about the clocks.
pub fn zone_agrees(at: &StartedAt) -> bool {
    let zone = when::zone_by_name(ZONE).expect("New York has a zone");
    when::parse_started_at(&at.local, Some(&zone)).is_ok_and(|read| read == *at)
}
