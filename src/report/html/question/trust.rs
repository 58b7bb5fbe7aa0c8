//! How far a question's answers can be trusted, in words: what the rate truly is, whether people
//! agree, and how often the program is right. The figures are those of calibration.

use serde::Serialize;

use super::{Headline, Key, Passes};
use crate::calibration::summary::Reading;
use crate::report::html::scope::Calibration;
use crate::report::html::weeks::{calls, several};
use crate::report::html::words::{between, grouped, percent};
use crate::report::records::Agreement;
use crate::rubric::{Kind, Question, Rule};

/// What the rate truly is.
#[derive(Default)]
pub(super) struct Truth {
    pub headline: Option<Headline>,
    /// What the program counts of the same, errors and all.
    pub raw: Option<f64>,
    pub words: Vec<String>,
}

/// See [`Calibration::true_rate`].
pub(super) fn truth(calibration: &Calibration, key: &Key, meaning: &str, passes: Passes) -> Truth {
    let truly = match passes {
        Passes::Yes => "truly yes",
        Passes::No => "truly no",
        Passes::Points => "truly worth all points",
    };
    // Calibration counts yes.
    let share = |yes: f64| match passes {
        Passes::No => 1.0 - yes,
        _ => yes,
    };
    let Some(row) = calibration.true_rate(&key.0, &key.1, meaning) else {
        return Truth {
            headline: None,
            raw: None,
            words: vec![format!(
                "How often it is {truly} is not known: no call was both picked by chance and rated by people. Until then the count above stands with all the program's errors in it."
            )],
        };
    };
    let Some(rate) = row.true_rate else {
        let why = match row.why_not.as_deref() {
            Some("too_near_chance") => {
                "the error rates that were given say that the program is hardly better than a coin"
            }
            Some("out_of_range") => {
                "the error rates that were given do not fit what was counted here"
            }
            Some("no_data") => "there is nothing to count yet",
            Some(why) => why,
            None => "too little is known",
        };
        return Truth {
            headline: None,
            raw: None,
            words: vec![format!("How often it is {truly} cannot be said: {why}.")],
        };
    };
    let rate = share(rate);
    let ends = row.true_rate_low.zip(row.true_rate_high);
    let ends = ends.map(|(low, high)| (share(low), share(high)));
    let ends = ends.map(|(one, other)| (one.min(other), one.max(other)));
    let raw = row.raw_rate.map(share);
    let audited = calls(row.audited as f64);
    // Only of calls to which it applies is there a rate.
    let about = match row.not_applicable {
        Some(share) if share > 0.0 => format!(
            "Of the about {} it applies to",
            calls(row.calls as f64 * (1.0 - share))
        ),
        Some(_) => format!("Of the {} it was put to", calls(row.calls as f64)),
        None => "Of the calls it applies to".to_string(),
    };
    let mut words = vec![match &*row.reference {
        "gold" => format!(
            "{about}, {} are {truly}. This is told from {audited} that chance picked, that people listened to and on which they agreed what is right; each stands for the calls like it.",
            percent(rate)
        ),
        "people" => format!(
            "{about}, {} are {truly}, as people would say if they listened to all. This is told from {audited} that chance picked and people rated, each alone; each stands for the calls like it.",
            percent(rate)
        ),
        _ => format!(
            "{about}, {} are {truly}, with the error rates that were measured elsewhere (on {audited}). Whether those rates hold here nobody has checked.",
            percent(rate)
        ),
    }];
    if let Some(raw) = raw {
        let counted = match passes {
            Passes::Yes => "The program counts a yes on",
            Passes::No => "The program counts a no on",
            Passes::Points => "The program gives all points on",
        };
        let gap = (rate * 100.0).round() - (raw * 100.0).round();
        let gap = match gap {
            g if g >= 1.0 => format!("which is {} too low", points(g)),
            g if g <= -1.0 => format!("which is {} too high", points(-g)),
            _ => "which comes to the same".to_string(),
        };
        words.push(format!(
            "{counted} {} of the calls on which it could tell, up to the last calibration, {gap}.",
            percent(raw)
        ));
    }
    let has = |caveat: &str| row.caveats.split(',').any(|c| c == caveat);
    if has("coverage_doubtful") || has("few_yes") || has("few_no") {
        words.push(
            "These are few calls: the truth may lie further off than the range says.".to_string(),
        );
    }
    if has("strata_joined") {
        words.push(
            "For some kinds of calls none was picked; calls like them stand in for those."
                .to_string(),
        );
    }
    Truth {
        headline: Some(Headline {
            value: percent(rate),
            label: match passes {
                Passes::Yes => "truly yes, as people would find",
                Passes::No => "truly no, as people would find",
                Passes::Points => "truly earn all points, as people would find",
            },
            range: ends.map(|(low, high)| between(low, high)),
        }),
        raw,
        words,
    }
}

fn points(points: f64) -> String {
    several(points as i64, "point of 100", "points of 100")
}

/// Whether another person would have given the same answer.
pub(super) fn people(
    calibration: &Calibration,
    key: &Key,
    meaning: &str,
    passes: Passes,
) -> Vec<String> {
    let mut rows = calibration.agreement.iter().filter(|a| {
        a.rubric == key.0
            && &*a.level == "question"
            && a.part == key.1
            && &*a.meaning == meaning
            && &*a.comparison == "people"
    });
    let agreed = rows.next().filter(|a| a.pairs > 0);
    let Some((row, alike)) = agreed.and_then(|a| Some((a, a.percent_agreement?))) else {
        return vec![
            "No call was rated by two people, so nobody knows whether another coach would give the same answer.".to_string(),
        ];
    };
    let range = row.percent_agreement_low.zip(row.percent_agreement_high);
    let range = range.map_or_else(String::new, |(low, high)| {
        format!(" ({})", between(low, high))
    });
    let first = match row.pairs == row.calls {
        // Two people each.
        true => format!(
            "{} rated by two people, each alone; they agree on {}{range}.",
            match row.calls {
                1 => "1 call was".to_string(),
                n => format!("{} were", calls(n as f64)),
            },
            (alike * row.calls as f64).round()
        ),
        false => format!(
            "{} were rated by several people, each alone ({} of answers). Two of them gave the same answer {} of the time{range}.",
            calls(row.calls as f64),
            several(row.pairs, "pair", "pairs"),
            percent(alike)
        ),
    };
    vec![first, reading(row, passes).to_string()]
}

fn reading(row: &Agreement, passes: Passes) -> &'static str {
    let ac1 = row.ac1_low.or(row.ac1);
    let alike = [row.positive_agreement, row.negative_agreement];
    match Reading::of(row.enough, row.fleiss_kappa.is_some(), ac1, alike) {
        Reading::Agree if passes == Passes::Points => {
            "That is more than luck: another coach would most likely have said the same."
        }
        Reading::Agree => {
            "That is more than luck, on yes and on no alike: another coach would most likely have said the same."
        }
        Reading::CommonOnly => {
            "They agree where the answer is the usual one. Of the few calls that are not usual, each finds others: play those together before you tell anyone."
        }
        Reading::NotEnoughAgreement => {
            "That is not enough. Talk about the question, not about the people: its wording probably allows two readings."
        }
        Reading::OneAnswer => {
            "All gave one and the same answer, so this proves nothing yet: rate calls on which another answer is likely."
        }
        Reading::TooFew => "That is too few to judge by; 20 calls are the least.",
    }
}

/// How far the automatic answer can be trusted.
#[derive(Debug, Serialize)]
pub(super) struct Trust {
    /// `good`, `open` or `bad`: the colour of the word.
    pub tone: &'static str,
    pub verdict: &'static str,
    pub words: Vec<String>,
    pub counts: Vec<Counts>,
    /// The two answers that are counted.
    pub said: [&'static str; 2],
    /// What the program's answers were held against.
    pub held_against: &'static str,
}

/// One row of the table of counts.
#[derive(Debug, Serialize)]
pub(super) struct Counts {
    pub truly: &'static str,
    pub said_yes: String,
    pub said_no: String,
}

/// Whether the automatic answer to a question may stand by itself.
pub(super) fn is_fit(calibration: &Calibration, key: &Key, meaning: &str) -> bool {
    let row = calibration.checked(&key.0, &key.1, meaning);
    row.is_some_and(|row| &*row.fit == "automatic")
}

pub(super) fn automatic(
    calibration: &Calibration,
    key: &Key,
    meaning: &str,
    question: &Question,
) -> Trust {
    let is_yes_no = matches!(question.kind, Kind::YesNo { .. });
    let said = match is_yes_no {
        true => ["yes", "no"],
        false => ["all points", "not all points"],
    };
    let Some(row) = calibration.checked(&key.0, &key.1, meaning) else {
        // What nobody said cannot be listened to.
        let hint = match is_read_from_tables(question) {
            true => {
                "It is read from the table of calls, and cannot be heard: look there before anything follows from it."
            }
            false => "Take its answer as a hint, and listen.",
        };
        return Trust {
            tone: "open",
            verdict: "Nobody has checked",
            words: vec![format!(
                "No call was picked by chance and rated by people for this question, so nobody knows how often the program is right. {hint}"
            )],
            counts: Vec::new(),
            said,
            held_against: "",
        };
    };
    let held_against = match &*row.reference {
        "gold" => "what people agreed on",
        _ => "what people said, each alone",
    };
    let (tone, verdict, advice) = match &*row.fit {
        "automatic" => (
            "good",
            "It may stand alone",
            "Use its answers, and go on rating some calls that chance picks.",
        ),
        "hint" => (
            "open",
            "A hint, no more",
            "Let it choose what you listen to; tell nobody anything by it alone.",
        ),
        "not_fit" => (
            "bad",
            "Do not rely on it",
            "Mend the rule of the question, or let people answer it.",
        ),
        _ => (
            "open",
            "Too few checked to say",
            "Take it as a hint until more calls that chance picks are rated.",
        ),
    };
    let both =
        row.true_yes_said_yes + row.true_yes_said_no + row.true_no_said_yes + row.true_no_said_no;
    let aside = row.audited as f64 - both - row.abstained;
    let mut words = vec![format!(
        "Its answers were held against {held_against}, on {} that chance picked. On {} of them both gave an answer{}{}.",
        calls(row.audited as f64),
        grouped(both.round() as i64),
        match row.abstained.round() {
            0.0 => String::new(),
            n => format!("; on {} the program could not tell", grouped(n as i64)),
        },
        match aside.round() {
            n if n <= 0.0 => "",
            _ => "; to the rest it does not apply, as one or both say",
        },
    )];
    let found = |right: &str, ends: [Option<f64>; 3]| {
        let [value, low, high] = ends;
        let ends = low.zip(high).map_or_else(String::new, |(low, high)| {
            format!(" ({})", between(low, high))
        });
        value.map(|value| {
            format!(
                "Where the right answer {right} and the program answers, it says so on {}{ends}.",
                percent(value)
            )
        })
    };
    let right = match is_yes_no {
        true => ["is yes", "is no"],
        false => ["earns all points", "does not earn all points"],
    };
    words.extend(found(
        right[0],
        [row.sensitivity, row.sensitivity_low, row.sensitivity_high],
    ));
    words.extend(found(
        right[1],
        [row.specificity, row.specificity_low, row.specificity_high],
    ));
    if aside.round() > 0.0 && row.sensitivity.or(row.specificity).is_some() {
        words.push("To say that it does not apply where it does, counts as wrong.".to_string());
    }
    words.push(advice.to_string());
    let count = |value: f64| match value.fract().abs() < 1e-6 {
        true => format!("{value:.0}"),
        false => format!("{value:.1}"),
    };
    Trust {
        tone,
        verdict,
        words,
        counts: vec![
            Counts {
                truly: said[0],
                said_yes: count(row.true_yes_said_yes),
                said_no: count(row.true_yes_said_no),
            },
            Counts {
                truly: said[1],
                said_yes: count(row.true_no_said_yes),
                said_no: count(row.true_no_said_no),
            },
        ],
        said,
        held_against,
    }
}

/// Whether only the table of calls answers it, and nothing that is said.
pub(super) fn is_read_from_tables(question: &Question) -> bool {
    question.kind.rules().next().is_some() && question.kind.rules().all(is_of_tables)
}

fn is_of_tables(rule: &Rule) -> bool {
    match rule {
        Rule::Call(_) | Rule::EarlierContact(_) => true,
        Rule::AllOf(rules) | Rule::AnyOf(rules) => rules.iter().all(is_of_tables),
        Rule::Not(rule) => is_of_tables(rule),
        Rule::Said(_)
        | Rule::InOrder(_)
        | Rule::Near(_)
        | Rule::Metric(_)
        | Rule::EarlierPromise(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::yes_no;
    use super::*;
    use crate::report::records::{Automatic, Record, Texts, TrueRate};

    const FORM_OF_TABLE: &str = "rubric: calls
version: \"1\"
title: Calls
sections:
  - id: one
    title: One
    weight: 1
    questions:
      - {id: once, text: Was it the first call?, yes_when: {not: {earlier_contact: {within_days: 7}}}}
";

    fn blank<R: Record>() -> R {
        R::from_cells(&"".into(), &[], &mut Texts::default())
    }

    fn key() -> Key {
        ("essentials".into(), "greeting".into())
    }

    fn rate(reference: &str, truth: f64) -> TrueRate {
        TrueRate {
            rubric: "essentials".into(),
            question: "greeting".into(),
            meaning: "m".into(),
            reference: reference.into(),
            calls: 400,
            audited: 60,
            raw_rate: Some(0.63),
            true_rate: Some(truth),
            true_rate_low: Some(truth - 0.1),
            true_rate_high: Some(truth + 0.05),
            not_applicable: Some(0.25),
            ..blank()
        }
    }

    #[test]
    fn the_true_rate_is_that_of_agreed_answers_with_its_range_and_its_doubts() {
        let mut calibration = Calibration::default();
        let truth_of = |c: &Calibration, meaning: &str| truth(c, &key(), meaning, Passes::Yes);
        assert!(truth_of(&calibration, "m").words[0].contains("not known"));
        calibration.true_rates = vec![rate("people", 0.8), rate("gold", 0.87)];
        calibration.true_rates[1].caveats = "coverage_doubtful,strata_joined".into();
        let found = truth_of(&calibration, "m");
        let headline = found.headline.unwrap();
        assert_eq!(
            (headline.value.as_str(), headline.range.as_deref()),
            ("87 %", Some("between 77 and 92 %"))
        );
        assert!(found.words[0].starts_with("Of the about 300 calls it applies to, 87 % are truly yes. This is told from 60 calls that chance picked"));
        assert_eq!(
            found.words[1],
            "The program counts a yes on 63 % of the calls on which it could tell, up to the last calibration, which is 24 points of 100 too low."
        );
        assert!(found.words[2].starts_with("These are few calls"));
        assert_eq!(found.words.len(), 4);
        // Of other questions, both figures are of calls that earn all points.
        let options = truth(&calibration, &key(), "m", Passes::Points);
        assert!(options.headline.unwrap().label.contains("all points"));
        assert!(options.words[1].starts_with("The program gives all points on 63 %"));
        // Where no is wanted, both are of no.
        let no = truth(&calibration, &key(), "m", Passes::No);
        let headline = no.headline.unwrap();
        assert_eq!(
            (headline.value.as_str(), headline.range.as_deref()),
            ("13 %", Some("between 8 and 23 %"))
        );
        assert!(no.words[1].starts_with("The program counts a no on 37 %"));
        assert!(no.words[1].ends_with("which is 24 points of 100 too high."));
        // Ratings belong to the meaning that they were given for.
        assert!(truth_of(&calibration, "another").headline.is_none());
        let mut none = rate("gold", 0.0);
        (none.true_rate, none.why_not) = (None, Some("out_of_range".into()));
        calibration.true_rates = vec![none];
        let found = truth_of(&calibration, "m");
        assert!(found.headline.is_none());
        assert!(found.words[0].ends_with("do not fit what was counted here."));
    }

    fn agreement(calls: i64, pairs: i64, alike: f64) -> Agreement {
        Agreement {
            rubric: "essentials".into(),
            level: "question".into(),
            part: "greeting".into(),
            meaning: "m".into(),
            comparison: "people".into(),
            calls,
            pairs,
            percent_agreement: Some(alike),
            positive_agreement: Some(0.9),
            negative_agreement: Some(0.7),
            fleiss_kappa: Some(0.6),
            ac1_low: Some(0.65),
            enough: calls >= 20,
            ..blank()
        }
    }

    #[test]
    fn agreement_is_told_in_calls_and_never_without_its_limits() {
        let said = |row: Option<Agreement>| {
            let calibration = Calibration {
                agreement: row.into_iter().collect(),
                ..Calibration::default()
            };
            people(&calibration, &key(), "m", Passes::Yes)
        };
        assert!(said(None)[0].starts_with("No call was rated by two people"));
        // 17 of 20.
        let words = said(Some(agreement(20, 20, 0.85)));
        assert_eq!(
            words[0],
            "20 calls were rated by two people, each alone; they agree on 17."
        );
        assert!(words[1].contains("more than luck"));
        let words = said(Some(agreement(30, 90, 0.8)));
        assert!(words[0].starts_with("30 calls were rated by several people, each alone (90 pairs of answers). Two of them gave the same answer 80 % of the time"));
        assert!(said(Some(agreement(5, 5, 1.0)))[1].starts_with("That is too few"));
        let rare = Agreement {
            negative_agreement: Some(0.2),
            ..agreement(40, 40, 0.9)
        };
        assert!(said(Some(rare))[1].contains("each finds others"));
        let unlike = Agreement {
            ac1_low: Some(0.3),
            ..agreement(40, 40, 0.7)
        };
        assert!(said(Some(unlike))[1].contains("two readings"));
        let one = Agreement {
            fleiss_kappa: None,
            ..agreement(40, 40, 1.0)
        };
        assert!(said(Some(one))[1].contains("proves nothing"));
    }

    #[test]
    fn an_answer_stands_alone_only_where_calibration_says_so() {
        let row = |reference: &str, fit: &str, audited: i64| Automatic {
            rubric: "essentials".into(),
            question: "greeting".into(),
            meaning: "m".into(),
            reference: reference.into(),
            fit: fit.into(),
            audited,
            abstained: 2.0,
            true_yes_said_yes: 40.0,
            true_no_said_yes: 1.5,
            sensitivity: Some(0.95),
            sensitivity_low: Some(0.86),
            sensitivity_high: Some(0.99),
            ..blank()
        };
        let of = |rows: Vec<Automatic>| Calibration {
            automatic: rows,
            ..Calibration::default()
        };
        let both = of(vec![
            row("people", "hint", 60),
            row("gold", "automatic", 50),
        ]);
        assert!(is_fit(&both, &key(), "m"));
        let trust = automatic(&both, &key(), "m", &yes_no());
        assert_eq!(trust.verdict, "It may stand alone");
        assert_eq!(
            trust.words[0],
            "Its answers were held against what people agreed on, on 50 calls that chance picked. On 42 of them both gave an answer; on 2 the program could not tell; to the rest it does not apply, as one or both say."
        );
        assert_eq!(
            trust.words[1],
            "Where the right answer is yes and the program answers, it says so on 95 % (between 86 and 99 %)."
        );
        assert_eq!(trust.counts[0].said_yes, "40");
        assert_eq!(trust.counts[1].said_yes, "1.5");
        assert!(!is_fit(&both, &key(), "another"));
        let unrated = of(vec![row("none", "not_known", 0)]);
        let table = FORM_OF_TABLE;
        let form = crate::rubric::parse(table, "calls.yaml").unwrap();
        let inbound = &form.sections[0].questions[0];
        let hint = |q| automatic(&unrated, &key(), "m", q).words.remove(0);
        assert!(hint(inbound).contains("cannot be heard"));
        assert!(hint(&yes_no()).ends_with("and listen."));
        assert_eq!(
            automatic(&unrated, &key(), "m", &yes_no()).verdict,
            "Nobody has checked"
        );
    }
}
