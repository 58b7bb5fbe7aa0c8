//! Makes the calls of a whole centre with the truth about them.
//!
//! ```text
//! cargo run --release --example programme -- --out samples/programme --samples samples
//! cargo run --release --example programme -- --out target/programme --calls 440 --words 420
//! ```
//! Without `--calls` and `--words` it makes the set that ships in `samples/programme`. With
//! `--samples`, a folder of recorded sample calls and a reader's answers to them, the ratings are
//! of both and are written there.

use std::path::PathBuf;

use generator::Settings;
use generator::files::{self, Fault};

#[path = "generator/mod.rs"]
mod generator;

/// The set that ships; the seed is one with which every agent and every matter occurs.
const SHIPPED: Settings = Settings {
    calls: 84,
    words: 170,
    seed: 123,
};

fn main() -> Result<(), Fault> {
    let mut settings = SHIPPED;
    let mut out = None;
    let mut samples = None;
    let mut noise = 0.0;
    let mut into_store = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--store" {
            into_store = true;
            continue;
        }
        let value = arguments
            .next()
            .ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--out" => out = Some(PathBuf::from(value)),
            "--samples" => samples = Some(PathBuf::from(value)),
            "--calls" => settings.calls = value.parse()?,
            "--words" => settings.words = value.parse()?,
            "--seed" => settings.seed = value.parse()?,
            "--noise" => noise = value.parse()?,
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }
    let out = out.ok_or("name a folder with --out")?;
    let calls = match into_store {
        true => files::store(
            &out,
            generator::generate(settings.calls, settings.words, settings.seed),
        )?,
        false => files::write(&out, settings, noise, samples.as_deref())?,
    };
    eprintln!("{calls} calls in {}", out.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use callibrate::conversation::Conversation;
    use callibrate::conversation::metrics;
    use callibrate::recording::Direction;
    use callibrate::transcript::Transcript;

    use super::generator::raters::Rateable;
    use super::generator::script::{Kind, Start};
    use super::generator::wording::{self, Who};
    use super::generator::{Call, Programme, centre, raters, truth};
    use super::*;

    const LARGE: Settings = Settings {
        calls: 440,
        words: 420,
        seed: 7,
    };

    fn large() -> Vec<Call> {
        Programme::new(LARGE).collect()
    }

    #[test]
    fn there_are_440_calls_of_20_agents_in_8_weeks_and_all_can_be_used() {
        let calls = large();
        assert_eq!(calls.len(), LARGE.calls);
        let distinct = |of: fn(&Call) -> String| calls.iter().map(of).collect::<BTreeSet<_>>();
        assert_eq!(distinct(|c| c.meta.agent.clone()).len(), 20);
        assert_eq!(distinct(|c| c.meta.call_id.clone()).len(), LARGE.calls);
        let weeks = distinct(|c| (c.at_ms / (7 * centre::DAY_MS)).to_string());
        assert_eq!(weeks.len(), 8);
        assert_eq!(distinct(|c| c.meta.reason.clone().unwrap()).len(), 15);
        assert!(calls.is_sorted_by_key(|c| c.at_ms));
        for call in &calls {
            let id = &call.meta.call_id;
            assert!(centre::zone_agrees(&call.meta.started_at), "{id}");
            let json = call.transcript.to_json();
            let read = Transcript::from_json(json.as_bytes(), id).unwrap();
            assert_eq!(read, call.transcript, "{id}");
            let words: usize = call.script.turns.iter().map(|t| t.words.len()).sum();
            assert!((30..=1_200).contains(&words), "{id} has {words} words");
        }
        let usual = |c: &&Call| {
            (150..=1_200).contains(&c.script.turns.iter().map(|t| t.words.len()).sum::<usize>())
        };
        assert!(calls.iter().filter(usual).count() > LARGE.calls * 9 / 10);
    }

    #[test]
    fn the_same_seed_makes_the_same_bytes_and_another_one_others() {
        let bytes = |settings| -> Vec<String> {
            Programme::new(settings)
                .take(40)
                .map(|c| format!("{:?} {}", c.meta, c.heard(0.1).to_json()))
                .collect()
        };
        assert_eq!(bytes(LARGE), bytes(LARGE));
        let other = Settings { seed: 8, ..LARGE };
        assert_ne!(bytes(LARGE), bytes(other));
    }

    #[test]
    fn who_calls_again_is_consistent_and_follows_from_hurry() {
        let calls = large();
        let by_id: BTreeMap<&str, &Call> =
            calls.iter().map(|c| (c.meta.call_id.as_str(), c)).collect();
        for call in &calls {
            for earlier in &call.earlier {
                let before = by_id[earlier.call_id.as_str()];
                assert_eq!(before.customer.id, call.customer.id);
                assert!(before.at_ms < call.at_ms);
                assert_eq!(before.meta.reason.as_deref(), Some(earlier.reason));
            }
            let relations: Vec<&str> = call
                .earlier
                .iter()
                .map(|e| truth::relation(call, e))
                .collect();
            match call.kind {
                Kind::First => assert!(relations.is_empty()),
                Kind::Again => assert!(relations.contains(&"same_matter")),
                Kind::Leg => assert_eq!(relations.last(), Some(&"leg")),
                Kind::CallBack => {
                    assert_eq!(relations.last(), Some(&"promised_call_back"));
                    assert_eq!(call.meta.direction, Some(Direction::Outbound));
                    let promised = call.keeps_promise_of.as_deref().unwrap();
                    let promise = by_id[promised].script.promise.as_ref().unwrap();
                    assert!(promise.due_ms.is_none_or(|due| call.at_ms <= due));
                }
                Kind::Other => assert!(relations.contains(&"other_matter")),
                Kind::LaterDebt => assert_eq!(call.meta.first_communication, Some(false)),
            }
        }
        let many = Settings {
            calls: 6_000,
            ..LARGE
        };
        let mut followed = [(0, 0); 2];
        let many: Vec<Call> = Programme::new(many).collect();
        let again: BTreeSet<&str> = many
            .iter()
            .filter(|c| c.kind == Kind::Again)
            .filter_map(|c| Some(c.earlier.last()?.call_id.as_str()))
            .collect();
        let agents = Programme::new(LARGE).agents().to_vec();
        for call in many
            .iter()
            .filter(|c| c.kind == Kind::First && !truth::is_debt(c))
        {
            let hurried = usize::from(agents[call.agent].at(0.5).hurry > 0.8);
            followed[hurried].0 += usize::from(again.contains(call.meta.call_id.as_str()));
            followed[hurried].1 += 1;
        }
        let [calm, hurried] =
            followed.map(|(yes, all)| f64::from(yes as u32) / f64::from(all as u32));
        assert!(
            hurried > 1.3 * calm,
            "{hurried} after hurried calls, {calm} after calm ones"
        );
    }

    #[test]
    fn planted_interruptions_and_waits_are_what_the_metrics_measure() {
        let (mut wrong, mut all) = (0, 0);
        for call in &large() {
            let talk = Conversation::new(&call.transcript, call.meta.agent_channel).unwrap();
            let measured = metrics::measure(&talk);
            let cut = |who| {
                let is = |t: &&generator::script::Turn| {
                    t.who == who && matches!(t.start, Start::CutIn(_))
                };
                call.script.turns.iter().filter(is).count() as i64
            };
            for (party, measured) in [
                (Who::Agent, measured.interruptions_by_agent),
                (Who::Customer, measured.interruptions_by_customer),
            ] {
                all += 1;
                wrong += usize::from(measured != Some(cut(party)));
            }
            assert!(
                talk.cut_start == call.recording.cut_start,
                "{}",
                call.meta.call_id
            );
            if call.script.has("dead_air") {
                assert!(measured.dead_air_count > Some(0), "{}", call.meta.call_id);
            }
        }
        assert!(wrong * 50 < all, "{wrong} of {all}");
    }

    #[test]
    fn noise_changes_its_share_of_words_and_no_times() {
        let (mut said, mut same) = (0, 0);
        for call in large().iter().take(60) {
            assert_eq!(call.heard(0.0), call.transcript);
            let heard = call.heard(0.15);
            for (a, b) in call.transcript.channels.iter().zip(&heard.channels) {
                let words = |c: &callibrate::transcript::Channel| -> Vec<(i64, String)> {
                    let all = c.segments.iter().flat_map(|s| &s.words);
                    all.map(|w| (w.start_ms, w.text.clone())).collect()
                };
                let kept: BTreeSet<_> = words(b).into_iter().collect();
                said += words(a).len();
                same += words(a).iter().filter(|w| kept.contains(w)).count();
            }
        }
        let changed = 1.0 - f64::from(same as u32) / f64::from(said as u32);
        assert!((0.05..0.15).contains(&changed), "{changed}");
    }

    #[test]
    fn every_behaviour_has_usual_and_unusual_wordings_and_every_question_both_answers() {
        let mut unusual = (0, 0);
        for behaviour in wording::behaviours() {
            assert!(!behaviour.wordings.is_empty(), "{}", behaviour.name);
            if behaviour.wordings.iter().any(|w| w.unusual) {
                unusual.0 += behaviour.wordings.iter().filter(|w| w.unusual).count();
                unusual.1 += behaviour.wordings.len();
            }
        }
        assert!(unusual.0 * 4 > unusual.1, "{unusual:?}");
        let mut given: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
        let many = Settings {
            calls: 3_000,
            ..LARGE
        };
        for call in Programme::new(many) {
            let mut asked = BTreeSet::new();
            for a in truth::answers(&call) {
                assert!(asked.insert((a.rubric, a.question)), "{} twice", a.question);
                given
                    .entry((a.rubric, a.question))
                    .or_default()
                    .insert(a.answer);
            }
        }
        // Who asks for consent waits for it here, and nobody asks for personal data before.
        let one_sided = ["consent-awaited", "before-personal-data"];
        for ((_, question), answers) in given {
            let settled = answers
                .iter()
                .filter(|a| *a != "abstain" && *a != "not_applicable");
            assert!(
                settled.count() > 1 || one_sided.contains(&question),
                "{question}: {answers:?}"
            );
        }
    }

    /// Shares of *no* among the first ratings of audited calls, against what was planted.
    #[test]
    fn raters_are_as_strict_as_planted_unless_they_saw_or_talked_first() {
        let many = Settings {
            calls: 3_000,
            ..LARGE
        };
        // Per rater: expected and given answers that are wrong, and all.
        let mut blind: BTreeMap<String, (f64, usize, usize)> = BTreeMap::new();
        let mut after = (0, 0);
        let (mut picked, mut bad) = ((0, 0), (0, 0));
        for call in Programme::new(many) {
            let call = Rateable::new(&call);
            let truth: BTreeMap<&str, &str> = call
                .answers
                .iter()
                .map(|a| (a.question.as_str(), a.answer.as_str()))
                .collect();
            assert_eq!(truth.len(), 10, "{}", call.call_id);
            let all = raters::ratings(&call);
            let no = truth.values().filter(|a| **a == "no").count();
            for r in &all {
                let answer = truth[r.question.as_str()];
                if r.kind == "gold" {
                    assert_eq!(r.answer, answer);
                    let counted = match r.probability {
                        Some(_) => &mut bad,
                        None => &mut picked,
                    };
                    counted.0 += usize::from(answer == "no");
                    counted.1 += 1;
                    assert!(r.probability.is_some() || no >= 3);
                }
                let Some(rater) = raters::RATERS.iter().find(|x| x.id == r.rater) else {
                    continue;
                };
                let wrong = usize::from(r.answer != answer);
                if r.is_blind(&all) {
                    let passes = raters::passes(answer);
                    let rate = raters::pass_rate(answer, rater.severity_at(r.rated_ms));
                    // The option that is never taken for the best one.
                    let (Some(passes), Some(rate)) = (passes, rate) else {
                        assert_eq!(wrong, 0);
                        continue;
                    };
                    if answer == "unannounced" {
                        continue;
                    }
                    let count = blind.entry(r.rater.clone()).or_default();
                    count.0 += if passes { 1.0 - rate } else { rate };
                    count.1 += wrong;
                    count.2 += 1;
                } else if !r.hidden_repeat && !r.saw_automatic {
                    after.0 += wrong;
                    after.1 += 1;
                }
            }
        }
        let share = |part: usize, of: usize| f64::from(part as u32) / f64::from(of as u32);
        for (rater, (expected, wrong, all)) in &blind {
            let off = (*wrong as f64 - expected).abs() / expected.sqrt();
            assert!(
                off < 4.0,
                "{rater}: {wrong} wrong of {all}, not {expected:.0}"
            );
            assert!(share(*wrong, *all) > 3.0 * share(after.0, after.1));
        }
        assert_eq!(blind.len(), 5);
        assert!(share(picked.0, picked.1) > 1.5 * share(bad.0, bad.1));
    }

    /// What ships is what this program makes.
    #[test]
    fn the_shipped_set_is_current() {
        let made = tempfile::tempdir().unwrap();
        let made = made.path();
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        let samples = made.join("samples");
        std::fs::create_dir(&samples).unwrap();
        for table in ["calls.csv", "gold.csv"] {
            let from = repository.join("samples").join(table);
            std::fs::copy(from, samples.join(table)).unwrap();
        }
        files::write(&samples.join("programme"), SHIPPED, 0.0, Some(&samples)).unwrap();
        let list = |folder: &Path, ending: &str| -> Vec<String> {
            let names = folder.read_dir().unwrap();
            let names = names.map(|e| e.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<String> = names.filter(|n| n.ends_with(ending)).collect();
            names.sort();
            names
        };
        for (folder, ending) in [
            ("samples", ".csv"),
            ("samples/programme", ".csv"),
            ("samples/programme/transcripts", ".json"),
        ] {
            let (made, shipped) = (made.join(folder), repository.join(folder));
            let mut names = list(&shipped, ending);
            // Written by hand, not by this program.
            names.retain(|name| !["agents.csv", "gold-remarks.csv"].contains(&name.as_str()));
            assert_eq!(names, list(&made, ending));
            for name in names {
                let same = std::fs::read(made.join(&name)).unwrap()
                    == std::fs::read(shipped.join(&name)).unwrap();
                assert!(
                    same,
                    "{name} is not what `--example programme -- --out samples/programme \
                     --samples samples` makes"
                );
            }
        }
    }
}
