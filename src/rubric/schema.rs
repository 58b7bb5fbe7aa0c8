//! The JSON Schema of rubric files, by which editors complete and check them while they are
//! written.
//!
//! It is kept as a file so that an editor can refer to it. It cannot say all that `check` says:
//! references, ids used twice, which keys go with which kind of question.

/// JSON Schema, draft 2020-12.
pub const SCHEMA: &str = include_str!("../../docs/rubric.schema.json");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::de::DeserializeOwned;
    use serde_json::Value;
    use serde_saphyr::Error;

    use super::super::form::{self, written};
    use super::SCHEMA;
    use crate::conversation::metrics::METRICS;

    fn schema(pointer: &str) -> Value {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        let found = schema.pointer(pointer);
        found.unwrap_or_else(|| panic!("no {pointer}")).clone()
    }

    /// What the reader says it knows when it meets a word that nobody knows.
    fn known<T: DeserializeOwned>(yaml: &str) -> BTreeSet<String> {
        let options = serde_saphyr::options! { with_snippet: false };
        let Err(error) = serde_saphyr::from_str_with_options::<T>(yaml, options) else {
            panic!("{yaml} was read");
        };
        match error.without_snippet() {
            Error::SerdeUnknownField { expected, .. }
            | Error::SerdeUnknownVariant { expected, .. } => {
                expected.iter().map(|e| (*e).to_string()).collect()
            }
            other => panic!("{other}"),
        }
    }

    #[test]
    fn it_has_the_keys_that_the_reader_knows() {
        let in_schema = |def: &str| -> BTreeSet<String> {
            let properties = schema(&format!("/$defs/{def}/properties"));
            properties.as_object().unwrap().keys().cloned().collect()
        };
        let key = "zzz: 1";
        let read = [
            ("rubric", known::<written::Rubric>(key)),
            ("applies_to", known::<form::AppliesTo>(key)),
            ("band", known::<form::Band>(key)),
            ("section", known::<written::Section>(key)),
            ("question", known::<written::Question>(key)),
            ("question/properties/points", known::<form::Points>(key)),
            ("cause", known::<written::CauseRule>(key)),
            ("answer_is", known::<written::AnswerIs>(key)),
            ("way", known::<written::Way>(key)),
            ("choice", known::<written::Choice>(key)),
            ("scale", known::<written::Scale>(key)),
            ("level", known::<written::Level>(key)),
            ("number", known::<written::Number>(key)),
            ("step", known::<form::Step>(key)),
            ("adjustment", known::<written::Adjustment>(key)),
            ("rule", known::<written::Rule>(key)),
            ("said", known::<written::Said>(key)),
            ("within", known::<written::Within>(key)),
            ("in_order", known::<written::InOrder>(key)),
            ("near", known::<written::Near>(key)),
            ("metric", known::<written::Metric>(key)),
            ("call", known::<written::Call>(key)),
            ("earlier_contact", known::<form::EarlierContact>(key)),
            ("earlier_promise", known::<form::EarlierPromise>(key)),
        ];
        for (def, keys) in read {
            assert_eq!(in_schema(def), keys, "{def}");
        }
        let rule_keys: BTreeSet<String> = form::RULE_KEYS.map(str::to_string).into();
        assert_eq!(in_schema("rule"), rule_keys);
    }

    #[test]
    fn it_has_the_words_that_the_reader_knows() {
        let in_schema = |pointer: &str| -> BTreeSet<String> {
            let words = schema(&format!("/$defs/{pointer}/enum"));
            let words = words.as_array().unwrap().iter();
            words.map(|w| w.as_str().unwrap().to_string()).collect()
        };
        let word = "zzz";
        let question = "question/properties";
        let read = [
            (
                "applies_to/properties/directions/items".to_string(),
                known::<crate::recording::Direction>(word),
            ),
            ("tags/items".to_string(), known::<form::Tag>(word)),
            (format!("{question}/kind"), known::<written::KindName>(word)),
            (
                format!("{question}/answered_by"),
                known::<form::AnsweredBy>(word),
            ),
            (
                format!("{question}/auto_fail_of"),
                known::<form::FailScope>(word),
            ),
            (
                "cause/properties/cause".to_string(),
                known::<form::Cause>(word),
            ),
            ("said/properties/by".to_string(), known::<form::By>(word)),
            ("event".to_string(), known::<form::EventName>(word)),
            (
                "call/properties/field".to_string(),
                known::<form::CallField>(word),
            ),
            (
                "earlier_contact/properties/channels/items".to_string(),
                known::<form::ContactChannel>(word),
            ),
            (
                "earlier_promise/properties/is/items".to_string(),
                known::<form::PromiseState>(word),
            ),
        ];
        for (pointer, words) in read {
            assert_eq!(in_schema(&pointer), words, "{pointer}");
        }
        let metrics: Vec<&str> = METRICS
            .iter()
            .filter(|m| !m.is_duration)
            .map(|m| m.name)
            .collect();
        let expected: BTreeSet<String> = metrics.iter().map(|m| (*m).to_string()).collect();
        let listed = serde_json::to_string(&metrics).unwrap();
        assert_eq!(
            in_schema("metric_name"),
            expected,
            "metric_name needs {listed}"
        );
    }
}
