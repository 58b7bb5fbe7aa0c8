//! Agreement of tables that come as JSON: what `tests/coefficients.py` compares with other
//! packages.
//!
//! Reads a list from standard input, one line of JSON in all. Answers:
//! `{"scale": "ordinal", "categories": [1, 2, 3], "ratings": [[1, null, 2], …]}`; scores in
//! points: `{"scores": [[80, 75], …]}`; a row is a call. Writes a list of objects, one per table:
//! figure to number or null.

use std::error::Error;
use std::io::Read;

use callibrate::calibration::agreement::scores::{Icc, PreparedScores, ScoreFigure, ScoreTable};
use callibrate::calibration::agreement::{Coefficient, FourCounts, Prepared, RatingTable, Scale};
use serde_json::{Map, Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let tables: Vec<Value> = serde_json::from_str(&text)?;
    let figures: Result<Vec<Value>, _> = tables.iter().map(figures).collect();
    println!("{}", Value::Array(figures?));
    Ok(())
}

fn figures(table: &Value) -> Result<Value, Box<dyn Error>> {
    match (table.get("scores"), table.get("ratings")) {
        (Some(scores), _) => Ok(of_scores(&rows(scores)?)),
        (_, Some(ratings)) => of_ratings(table, &rows(ratings)?),
        _ => Err("a table has neither `ratings` nor `scores`".into()),
    }
}

fn of_ratings(table: &Value, rows: &[Vec<Option<f64>>]) -> Result<Value, Box<dyn Error>> {
    let scale = match table["scale"].as_str() {
        Some("nominal") => Scale::Nominal,
        Some("ordinal") => Scale::Ordinal,
        Some("interval") => Scale::Interval,
        Some("ratio") => Scale::Ratio,
        _ => return Err(format!("{} is no scale", table["scale"]).into()),
    };
    let categories: Vec<f64> = match table.get("categories") {
        Some(categories) => serde_json::from_value(categories.clone())?,
        None => Vec::new(),
    };
    let table = RatingTable::new(&categories, rows);
    let figures = Prepared::new(&table, scale).coefficients(&table.weights());
    let mut object: Map<String, Value> = Coefficient::ALL
        .iter()
        .map(|which| (which.as_str().to_owned(), json!(figures[*which])))
        .collect();
    if let Some(counts) = FourCounts::of(&table) {
        object.insert("mcnemar_p".to_owned(), json!(counts.mcnemar()));
    }
    Ok(Value::Object(object))
}

fn of_scores(rows: &[Vec<Option<f64>>]) -> Value {
    let table = ScoreTable::new(rows);
    let prepared = PreparedScores::new(&table);
    let figures = prepared.figures(&table.weights());
    let mut object: Map<String, Value> = ScoreFigure::ALL
        .iter()
        .map(|which| (which.as_str().to_owned(), json!(figures[*which])))
        .collect();
    if let Some(squares) = prepared.mean_squares(&table.weights()) {
        for form in Icc::ALL {
            let name = ScoreFigure::Icc(form).as_str();
            let ends = squares.interval(form).map(|i| [i.low, i.high]);
            object.insert(format!("{name}_interval"), json!(ends));
        }
    }
    Value::Object(object)
}

fn rows(value: &Value) -> Result<Vec<Vec<Option<f64>>>, serde_json::Error> {
    serde_json::from_value(value.clone())
}
