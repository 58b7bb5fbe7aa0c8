//! Published numbers against ours, to their printed precision.
//!
//! `cargo test --release --lib published -- --nocapture` prints them as a table.

use super::scores::{Icc, PreparedScores, ScoreFigure, ScoreTable};
use super::{Coefficient, Coefficients, Prepared, RatingTable, Scale};

/// One published number, as printed.
struct Check {
    source: &'static str,
    figure: String,
    published: &'static str,
    computed: Option<f64>,
}

impl Check {
    /// Half of the last printed digit, and rounding in the last bits.
    fn holds(&self) -> bool {
        let decimals = self.published.split_once('.').map_or(0, |(_, d)| d.len());
        let half = 0.5 * 10_f64.powi(-(decimals as i32)) + 1e-9;
        let published: f64 = self.published.parse().unwrap();
        self.computed.is_some_and(|c| (c - published).abs() <= half)
    }

    fn line(&self) -> String {
        let decimals = self.published.split_once('.').map_or(0, |(_, d)| d.len());
        let computed = self
            .computed
            .map_or("none".to_owned(), |c| format!("{c:.0$}", decimals.max(6)));
        let (source, figure, published) = (self.source, &self.figure, self.published);
        format!("| {source} | {figure} | {published} | {computed} |")
    }
}

#[test]
fn published_numbers_come_out() {
    let checks = all();
    println!("| Source | Figure | Published | Computed |\n|---|---|---|---|");
    for check in &checks {
        println!("{}", check.line());
    }
    let wrong: Vec<_> = checks
        .iter()
        .filter(|c| !c.holds())
        .map(Check::line)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn all() -> Vec<Check> {
    let mut checks = Vec::new();
    krippendorff(&mut checks);
    gwet(&mut checks);
    two_raters(&mut checks);
    paradox(&mut checks);
    fleiss(&mut checks);
    scores(&mut checks);
    checks
}

fn krippendorff(checks: &mut Vec<Check>) {
    let source = "Krippendorff 2011, 4 × 12";
    let table = by_rater(&[
        "123321412...",
        "1233224125.3",
        ".3332342251.",
        "12332441251.",
    ]);
    let published = [
        (Scale::Nominal, "nominal", "0.743421"),
        (Scale::Ordinal, "ordinal", "0.815388"),
        (Scale::Interval, "interval", "0.849107"),
        (Scale::Ratio, "ratio", "0.797403"),
    ];
    alphas(checks, source, &table, &published);

    let source = "Wikipedia, Krippendorff's alpha, 3 × 15";
    let table = by_rater(&[".....34121133.3", "1.213343.......", "..21344.21133.4"]);
    let published = [
        (Scale::Nominal, "nominal", "0.691358"),
        (Scale::Interval, "interval", "0.810845"),
    ];
    alphas(checks, source, &table, &published);
}

fn gwet(checks: &mut Vec<Check>) {
    use Coefficient as C;
    let source = "Gwet 2014, 4 × 12";
    let table = by_rater(&[
        "123321412...",
        "1233224125..",
        ".33323422513",
        "12332441251.",
    ]);
    let published = [
        (C::PercentAgreement, "0.818182"),
        (C::Ac1, "0.775444"),
        (C::FleissKappa, "0.761169"),
        (C::BrennanPrediger, "0.772727"),
        (C::Ac2Linear, "0.858739"),
        (C::FleissKappaLinear, "0.817945"),
        (C::BrennanPredigerLinear, "0.848485"),
        (C::Ac2Quadratic, "0.914001"),
        (C::FleissKappaQuadratic, "0.864935"),
        (C::BrennanPredigerQuadratic, "0.901515"),
        (C::Alpha, "0.849"),
    ];
    of(checks, source, &table, Scale::Interval, &published);
    of(
        checks,
        source,
        &table,
        Scale::Nominal,
        &[(C::Alpha, "0.743")],
    );

    let source = "irrCAC, 5 observers × 15";
    let table = by_rater(&[
        "112.001122.0131",
        "1130000.2110231",
        "203000222100221",
        ".13....0.10022.",
        "2..0001.2....31",
    ]);
    let published = [
        (C::Ac1, "0.497"),
        (C::FleissKappa, "0.458"),
        (C::BrennanPrediger, "0.487"),
        (C::Alpha, "0.481"),
    ];
    of(checks, source, &table, Scale::Nominal, &published);

    let source = "irrCAC, Ben and Gerry, 2 × 12";
    let table = by_rater(&["112243335441", "212223335.44"]);
    let published = [(C::Ac1, "0.661"), (C::Alpha, "0.665")];
    of(checks, source, &table, Scale::Nominal, &published);

    let source = "irrCAC, two groups, 4 × 14";
    let table = by_rater(&[
        "123321412...22",
        "1233224125..21",
        ".3332342251333",
        "12332441251.22",
    ]);
    let published = [
        (C::Ac1, "0.685"),
        (C::FleissKappa, "0.657"),
        (C::Alpha, "0.632"),
    ];
    of(checks, source, &table, Scale::Nominal, &published);
}

fn two_raters(checks: &mut Vec<Check>) {
    use Coefficient as C;
    let source = "Psychiatric diagnoses, 4 × 4, n = 223 (fleiss_kappa: Scott's pi)";
    let table = cells(&[
        &[40, 4, 4, 17],
        &[6, 25, 2, 13],
        &[4, 1, 21, 12],
        &[15, 5, 9, 45],
    ]);
    let published = [
        (C::PercentAgreement, "0.5874"),
        (C::CohenKappa, "0.4315"),
        (C::CohenKappaLinear, "0.4068"),
        (C::CohenKappaQuadratic, "0.3832"),
        (C::FleissKappa, "0.430"),
        (C::Ac1, "0.4562"),
        (C::Ac2Linear, "0.3771"),
        (C::Ac2Quadratic, "0.2986"),
    ];
    of(checks, source, &table, Scale::Ordinal, &published);

    let source = "Abstractors, 3 × 3, n = 100";
    let table = cells(&[&[13, 0, 0], &[0, 20, 7], &[0, 4, 56]]);
    let published = [
        (C::PercentAgreement, "0.89"),
        (C::CohenKappa, "0.7964"),
        (C::CohenKappaLinear, "0.8429"),
        (C::CohenKappaQuadratic, "0.8922"),
        (C::Ac1, "0.8493"),
        (C::Ac2Linear, "0.9000"),
        (C::Ac2Quadratic, "0.9402"),
    ];
    of(checks, source, &table, Scale::Ordinal, &published);

    let source = "SAS FREQ, 3 × 3 with an empty column";
    let table = cells(&[&[0, 4, 1], &[0, 8, 0], &[0, 1, 5]]);
    let published = [
        (C::CohenKappa, "0.4842"),
        (C::CohenKappaLinear, "0.4701"),
        (C::CohenKappaQuadratic, "0.4502"),
    ];
    of(checks, source, &table, Scale::Ordinal, &published);

    let source = "R irr, anxiety, raters 2 and 3";
    let table = by_rater(&["36462424332333221334", "21443216111233113322"]);
    let published = [
        (C::CohenKappa, "-0.006289308"),
        (C::CohenKappaLinear, "0.1459075"),
        (C::CohenKappaQuadratic, "0.2520325"),
    ];
    of(checks, source, &table, Scale::Ordinal, &published);
}

fn paradox(checks: &mut Vec<Check>) {
    use Coefficient as C;
    let source = "Kappa paradox, 130, 56, 9, 5";
    let published = [
        (C::PercentAgreement, "0.675"),
        (C::CohenKappa, "0.0220"),
        (C::Ac1, "0.5326"),
    ];
    of(
        checks,
        source,
        &four(130, 56, 9, 5),
        Scale::Nominal,
        &published,
    );

    let source = "Feinstein and Cicchetti type, 118, 5, 2, 0 (brennan_prediger: PABAK)";
    let published = [
        (C::PercentAgreement, "0.944"),
        (C::CohenKappa, "-0.0234"),
        (C::Ac1, "0.9408"),
        (C::BrennanPrediger, "0.888"),
    ];
    of(
        checks,
        source,
        &four(118, 5, 2, 0),
        Scale::Nominal,
        &published,
    );

    let source = "Most calls pass, 95, 3, 2, 0 (made up)";
    let published = [
        (C::PercentAgreement, "0.95"),
        (C::CohenKappa, "-0.0246"),
        (C::Ac1, "0.9474"),
    ];
    of(
        checks,
        source,
        &four(95, 3, 2, 0),
        Scale::Nominal,
        &published,
    );
}

fn fleiss(checks: &mut Vec<Check>) {
    use Coefficient as C;
    let source = "Fleiss 1971, diagnoses, 30 × 6";
    let table = by_call(
        "444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 \
         222333 144444 224445 333335 111455 111112 224444 133555 555555 244444 224555 114444 \
         144445 222224 111155 224444 133333 555555",
    );
    assert_eq!(table.ratings(), [26, 26, 30, 55, 43]);
    let published = [
        (C::PercentAgreement, "0.555556"),
        (C::FleissKappa, "0.4302445"),
    ];
    of(checks, source, &table, Scale::Nominal, &published);

    let source = "Wikipedia, Fleiss' kappa, 10 × 14";
    let counts = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ];
    let rows: Vec<Vec<Option<f64>>> = counts
        .iter()
        .map(|row| {
            let each = row.iter().enumerate();
            each.flat_map(|(at, n)| vec![Some(at as f64); *n]).collect()
        })
        .collect();
    let table = RatingTable::new(&[], &rows);
    of(
        checks,
        source,
        &table,
        Scale::Nominal,
        &[(C::FleissKappa, "0.20993")],
    );
}

fn scores(checks: &mut Vec<Check>) {
    let source = "Shrout and Fleiss 1979, 6 × 4";
    let rows = [
        [9.0, 2.0, 5.0, 8.0],
        [6.0, 1.0, 3.0, 2.0],
        [8.0, 4.0, 6.0, 8.0],
        [7.0, 1.0, 2.0, 6.0],
        [10.0, 5.0, 6.0, 9.0],
        [6.0, 2.0, 4.0, 7.0],
    ];
    let table = ScoreTable::new(&rows.map(|row| row.map(Some).to_vec()));
    let prepared = PreparedScores::new(&table);
    let squares = prepared.mean_squares(&table.weights()).unwrap();
    let mut check = |source, figure: &str, published, computed| {
        checks.push(Check {
            source,
            figure: figure.to_owned(),
            published,
            computed,
        });
    };
    check(source, "BMS", "11.241667", Some(squares.between));
    check(source, "WMS", "6.263889", Some(squares.within));
    check(source, "JMS", "32.486111", Some(squares.judges));
    check(source, "EMS", "1.019444", Some(squares.error));
    let figures = prepared.figures(&table.weights());
    let published = [
        (Icc::OneSingle, "0.165742", "-0.13", "0.72"),
        (Icc::TwoSingle, "0.289764", "0.02", "0.76"),
        (Icc::ThreeSingle, "0.714841", "0.34", "0.95"),
        (Icc::OneMean, "0.442797", "-0.88", "0.91"),
        (Icc::TwoMean, "0.620051", "0.07", "0.93"),
        (Icc::ThreeMean, "0.909316", "0.68", "0.99"),
    ];
    for (form, value, low, high) in published {
        let figure = ScoreFigure::Icc(form);
        let interval = squares.interval(form).unwrap();
        let name = figure.as_str();
        check(source, name, value, figures[figure]);
        check(
            "The same, R psych",
            &format!("{name}, low"),
            low,
            Some(interval.low),
        );
        check(
            "The same, R psych",
            &format!("{name}, high"),
            high,
            Some(interval.high),
        );
    }

    let source = "Bland and Altman 1986, peak flow, n = 17";
    let large = [
        494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427,
    ];
    let mini = [
        512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451,
    ];
    let rows: Vec<_> = large
        .iter()
        .zip(&mini)
        .map(|(a, b)| vec![Some(f64::from(*a)), Some(f64::from(*b))])
        .collect();
    let table = ScoreTable::new(&rows);
    let limits = PreparedScores::new(&table)
        .bland_altman(&table.weights())
        .unwrap();
    check(source, "bias", "-2.1176", Some(limits.bias));
    check(source, "sd of differences", "38.7651", Some(limits.sd));
    check(
        source,
        "bias − 2 sd",
        "-79.65",
        Some(limits.bias - 2.0 * limits.sd),
    );
    check(
        source,
        "bias + 2 sd",
        "75.41",
        Some(limits.bias + 2.0 * limits.sd),
    );
    check(source, "bias − 1.96 sd", "-78.10", Some(limits.low));
    check(source, "bias + 1.96 sd", "73.86", Some(limits.high));
    // As printed in the paper, from rounded values: 38.8 and t = 2.12.
    check(source, "SE of bias", "9.4", Some(limits.bias_error));
    check(source, "SE of a limit", "16.3", Some(limits.limit_error));
    check(source, "bias, low", "-22.0", Some(limits.interval.low));
    check(source, "bias, high", "17.8", Some(limits.interval.high));
}

fn alphas(
    checks: &mut Vec<Check>,
    source: &'static str,
    table: &RatingTable,
    published: &[(Scale, &str, &'static str)],
) {
    for (scale, name, value) in published {
        let computed = figures(table, *scale)[Coefficient::Alpha];
        checks.push(Check {
            source,
            figure: format!("alpha, {name}"),
            published: value,
            computed,
        });
    }
}

fn of(
    checks: &mut Vec<Check>,
    source: &'static str,
    table: &RatingTable,
    scale: Scale,
    published: &[(Coefficient, &'static str)],
) {
    let figures = figures(table, scale);
    checks.extend(published.iter().map(|(which, value)| Check {
        source,
        figure: match which {
            Coefficient::Alpha => format!("alpha, {scale:?}").to_lowercase(),
            _ => which.as_str().to_owned(),
        },
        published: value,
        computed: figures[*which],
    }));
}

fn figures(table: &RatingTable, scale: Scale) -> Coefficients {
    Prepared::new(table, scale).coefficients(&table.weights())
}

/// One line per rater, one digit per call; a dot where there is no answer.
fn by_rater(lines: &[&str]) -> RatingTable {
    let digits = |line: &str| -> Vec<Option<f64>> {
        line.chars()
            .map(|c| c.to_digit(10).map(f64::from))
            .collect()
    };
    let lines: Vec<_> = lines.iter().map(|line| digits(line)).collect();
    let rows: Vec<Vec<_>> = (0..lines[0].len())
        .map(|call| lines.iter().map(|line| line[call]).collect())
        .collect();
    RatingTable::new(&[], &rows)
}

/// One word per call, one digit per rater.
fn by_call(words: &str) -> RatingTable {
    let digits = |word: &str| {
        word.chars()
            .map(|c| c.to_digit(10).map(f64::from))
            .collect()
    };
    let rows: Vec<_> = words.split_whitespace().map(digits).collect();
    RatingTable::new(&[], &rows)
}

/// Rows of the first rater, columns of the second.
fn cells(counts: &[&[u64]]) -> RatingTable {
    let categories: Vec<f64> = (0..counts.len()).map(|at| at as f64).collect();
    let rows: Vec<_> = counts
        .iter()
        .enumerate()
        .flat_map(|(a, row)| row.iter().enumerate().map(move |(b, n)| (a, b, *n)))
        .map(|(a, b, n)| ([Some(a as f64), Some(b as f64)], n))
        .collect();
    RatingTable::counted(
        &categories,
        rows.iter().map(|(row, n)| (row.as_slice(), *n)),
    )
}

/// Both yes, the first only, the second only, both no.
fn four(a: u64, b: u64, c: u64, d: u64) -> RatingTable {
    cells(&[&[d, c], &[b, a]])
}
