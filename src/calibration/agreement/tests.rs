//! Properties, and cases at the edge checked by hand.

use proptest::prelude::*;

use super::scores::{Icc, PreparedScores, ScoreFigure, ScoreTable};
use super::{Coefficient, Coefficients, FourCounts, Prepared, RatingTable, Scale};
use crate::calibration::figure::Caveat;

type Rows = Vec<Vec<Option<f64>>>;

const SCALES: [Scale; 4] = [
    Scale::Nominal,
    Scale::Ordinal,
    Scale::Interval,
    Scale::Ratio,
];

fn figures(table: &RatingTable, scale: Scale) -> Coefficients {
    Prepared::new(table, scale).coefficients(&table.weights())
}

fn caveats(table: &RatingTable) -> Vec<Caveat> {
    Prepared::new(table, Scale::Nominal).caveats(&table.weights())
}

/// Both yes, the first only, the second only, both no.
fn four(counts: [u64; 4]) -> RatingTable {
    let answers = [[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]].map(|row| row.map(Some));
    let rows = answers
        .iter()
        .zip(counts)
        .map(|(row, n)| (row.as_slice(), n));
    RatingTable::counted(&[0.0, 1.0], rows)
}

fn rows(calls: &[&[f64]]) -> Rows {
    calls
        .iter()
        .map(|row| row.iter().copied().map(Some).collect())
        .collect()
}

fn same(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9 * a.abs().max(1.0),
        (a, b) => a == b,
    }
}

fn all_same(a: &Coefficients, b: &Coefficients) -> bool {
    a.0.iter().zip(&b.0).all(|(a, b)| same(*a, *b))
}

/// Up to 30 calls, five raters and four categories, which start at 1.
fn ratings() -> impl Strategy<Value = Rows> {
    (1..=5_usize, 2..=4_u8).prop_flat_map(|(raters, q)| {
        let answer = prop::option::weighted(0.8, (1..=q).prop_map(f64::from));
        prop::collection::vec(prop::collection::vec(answer, raters), 0..30)
    })
}

fn scores() -> impl Strategy<Value = Rows> {
    (2..=4_usize).prop_flat_map(|raters| {
        let points = prop::option::weighted(0.9, (0..=20_u8).prop_map(|p| f64::from(p) * 5.0));
        prop::collection::vec(prop::collection::vec(points, raters), 0..25)
    })
}

proptest! {
    #[test]
    fn bounds_hold(rows in ratings()) {
        let table = RatingTable::new(&[], &rows);
        for scale in SCALES {
            let figures = figures(&table, scale);
            for which in Coefficient::ALL {
                let Some(value) = figures[which] else { continue };
                prop_assert!(value.is_finite() && value <= 1.0, "{which:?} {value}");
                if which <= Coefficient::BiasIndex {
                    prop_assert!(value >= 0.0, "{which:?} {value}");
                }
                let bounded = [
                    Coefficient::CohenKappa,
                    Coefficient::CohenKappaQuadratic,
                    Coefficient::Ac1,
                    Coefficient::BrennanPrediger,
                ];
                if bounded.contains(&which) {
                    prop_assert!(value >= -1.0 - 1e-12, "{which:?} {value}");
                }
            }
        }
    }

    #[test]
    fn neither_the_names_nor_the_order_of_raters_and_calls_matter(
        rows in ratings(),
        turn in 0..5_usize,
    ) {
        let table = RatingTable::new(&[], &rows);
        let mut other = rows.clone();
        other.reverse();
        prop_assert_eq!(&RatingTable::new(&[], &other), &table);
        for row in &mut other {
            let by = turn % row.len();
            row.rotate_left(by);
        }
        let turned = RatingTable::new(&[], &other);
        for scale in SCALES {
            prop_assert!(all_same(&figures(&table, scale), &figures(&turned, scale)));
            let mut kept = figures(&table, scale);
            let anonymous = figures(&table.anonymous(), scale);
            for which in Coefficient::COHEN.into_iter().chain([Coefficient::BiasIndex]) {
                kept.set(which, anonymous[which]);
            }
            prop_assert!(all_same(&kept, &anonymous));
        }
    }

    #[test]
    fn the_names_of_categories_do_not_matter(rows in ratings()) {
        let renamed = |name: fn(f64) -> f64| -> RatingTable {
            let rows: Rows = rows
                .iter()
                .map(|row| row.iter().map(|v| v.map(name)).collect())
                .collect();
            RatingTable::new(&[], &rows)
        };
        let swap = |mut figures: Coefficients| {
            let no = figures[Coefficient::NegativeAgreement];
            figures.set(Coefficient::NegativeAgreement, figures[Coefficient::PositiveAgreement]);
            figures.set(Coefficient::PositiveAgreement, no);
            figures
        };
        let as_is = |scale| figures(&renamed(|v| v), scale);
        let shuffled = figures(&renamed(|v| v * 7.0 % 5.0), Scale::Nominal);
        let nominal = as_is(Scale::Nominal);
        prop_assert!(all_same(&nominal, &shuffled) || all_same(&swap(nominal), &shuffled));
        for scale in [Scale::Ordinal, Scale::Interval] {
            let reversed = figures(&renamed(|v| 3.0 - 2.0 * v), scale);
            prop_assert!(all_same(&swap(as_is(scale)), &reversed));
        }
        let stretched = figures(&renamed(|v| v.exp()), Scale::Ordinal);
        prop_assert!(all_same(&as_is(Scale::Ordinal), &stretched));
        let scaled = figures(&renamed(|v| 10.0 * v), Scale::Ratio);
        prop_assert!(all_same(&as_is(Scale::Ratio), &scaled));
    }

    #[test]
    fn perfect_agreement_is_one(
        answers in prop::collection::vec((1..4_u8, 2..6_usize), 1..40),
        single in 1..4_u8,
    ) {
        let same = |(answer, raters): &(u8, usize)| vec![Some(f64::from(*answer)); *raters];
        let mut rows: Rows = answers.iter().map(same).collect();
        rows.push(vec![Some(f64::from(single))]);
        let table = RatingTable::new(&[], &rows);
        let varies = answers.iter().any(|(answer, _)| *answer != answers[0].0);
        for scale in SCALES {
            let figures = figures(&table, scale);
            prop_assert_eq!(figures[Coefficient::PercentAgreement], Some(1.0));
            for which in &Coefficient::ALL[5..] {
                prop_assert!(figures[*which].is_none_or(|v| v == 1.0));
            }
            let defined = [Coefficient::FleissKappa, Coefficient::Ac1, Coefficient::Alpha];
            prop_assert!(!varies || defined.iter().all(|which| figures[*which].is_some()));
        }
    }

    #[test]
    fn only_the_sum_of_a_patterns_counts_matters(rows in ratings(), share in 0.0..1.0_f64) {
        let table = RatingTable::new(&[], &rows);
        let mut split = table.clone();
        split.patterns.extend(table.patterns.clone());
        let first = table.weights().into_iter().map(|w| w * share);
        let second = table.weights().into_iter().map(|w| w * (1.0 - share));
        let weights: Vec<f64> = first.chain(second).collect();
        for scale in SCALES {
            let split = Prepared::new(&split, scale).coefficients(&weights);
            prop_assert!(all_same(&figures(&table, scale), &split));
        }
    }

    /// Alpha knows how many ratings there are; the others only how they are divided.
    #[test]
    fn only_alpha_has_a_small_sample_term(rows in ratings()) {
        let table = RatingTable::new(&[], &rows);
        let weights: Vec<f64> = table.weights().iter().map(|w| w * 7.0).collect();
        let paired = rows.iter().map(|row| row.iter().flatten().count());
        let ratings = paired.filter(|n| *n > 1).sum::<usize>() as f64;
        for scale in SCALES {
            let once = figures(&table, scale);
            let mut often = Prepared::new(&table, scale).coefficients(&weights);
            let alpha = once[Coefficient::Alpha].map(|alpha| {
                1.0 - (1.0 - alpha) * (7.0 * ratings - 1.0) / (7.0 * (ratings - 1.0))
            });
            prop_assert!(same(often[Coefficient::Alpha], alpha));
            often.set(Coefficient::Alpha, once[Coefficient::Alpha]);
            prop_assert!(all_same(&once, &often));
        }
    }

    #[test]
    fn scores_keep_their_bounds_and_symmetries(rows in scores(), weight in 0..4_u8) {
        let table = ScoreTable::new(&rows);
        let prepared = PreparedScores::new(&table);
        let figures = prepared.figures(&table.weights());
        for which in ScoreFigure::ALL {
            prop_assert!(figures[which].is_none_or(f64::is_finite), "{which:?}");
        }
        for form in [Icc::OneSingle, Icc::TwoSingle, Icc::ThreeSingle] {
            let value = figures[ScoreFigure::Icc(form)];
            prop_assert!(value.is_none_or(|v| v <= 1.0));
            let squares = prepared.mean_squares(&table.weights());
            if let Some(interval) = squares.and_then(|s| s.interval(form)) {
                let holds = value.is_some_and(|v| interval.low < v && v < interval.high);
                prop_assert!(holds, "{form:?} {value:?} {interval:?}");
            }
        }

        let moved: Rows = rows
            .iter()
            .map(|row| row.iter().rev().map(|v| v.map(|v| v + 13.0)).collect())
            .collect();
        let moved = ScoreTable::new(&moved);
        let moved = PreparedScores::new(&moved).figures(&moved.weights());
        for which in ScoreFigure::ALL {
            let value = match which {
                ScoreFigure::Bias => moved[which].map(|bias| -bias),
                _ => moved[which],
            };
            prop_assert!(same(figures[which], value), "{which:?}");
        }

        // The first pattern more often, or never: the same as calls that are there so often.
        let mut often = table.clone();
        let mut weights = table.weights();
        if let Some(count) = often.counts.first_mut() {
            *count = weight.into();
            weights[0] = weight.into();
        }
        let repeated: Rows = often
            .patterns
            .iter()
            .zip(&often.counts)
            .flat_map(|(row, n)| vec![row.clone(); *n as usize])
            .collect();
        let repeated = ScoreTable::new(&repeated);
        let repeated = PreparedScores::new(&repeated).figures(&repeated.weights());
        let weighted = prepared.figures(&weights);
        // A rater who is drawn no more is still one of the raters.
        if weight > 0 {
            for which in ScoreFigure::ALL {
                prop_assert!(same(weighted[which], repeated[which]), "{which:?}");
            }
        }
    }
}

#[test]
fn without_variance_only_what_needs_none_is_defined() {
    let table = four([30, 0, 0, 0]);
    for scale in SCALES {
        let figures = figures(&table, scale);
        assert_eq!(figures[Coefficient::PercentAgreement], Some(1.0));
        assert_eq!(figures[Coefficient::PositiveAgreement], Some(1.0));
        assert_eq!(figures[Coefficient::NegativeAgreement], None);
        assert_eq!(figures[Coefficient::CohenKappa], None);
        assert_eq!(figures[Coefficient::FleissKappa], None);
        assert_eq!(figures[Coefficient::Alpha], None);
        // Both compare with chance over the categories of the question, not with those used.
        assert_eq!(figures[Coefficient::Ac1], Some(1.0));
        assert_eq!(figures[Coefficient::BrennanPrediger], Some(1.0));
    }
    assert_eq!(caveats(&table), [Caveat::NoVariance]);
}

#[test]
fn one_rater_and_one_call_have_defined_results() {
    let alone = RatingTable::new(&[0.0, 1.0], &vec![vec![Some(1.0)]; 30]);
    let all_none = |table| figures(table, Scale::Ordinal).0 == [None; Coefficient::COUNT];
    assert!(all_none(&alone));
    let missing = 20;
    let both = [Caveat::OneRater, Caveat::FewPairs { missing }];
    assert_eq!(caveats(&alone), both);
    assert!(all_none(&RatingTable::new(&[], &[])));

    let once = four([0, 1, 0, 0]);
    let of_once = figures(&once, Scale::Nominal);
    assert_eq!(of_once[Coefficient::PercentAgreement], Some(0.0));
    assert_eq!(of_once[Coefficient::CohenKappa], Some(0.0));
    assert_eq!(of_once[Coefficient::FleissKappa], Some(-1.0));
    assert_eq!(of_once[Coefficient::Alpha], Some(0.0));
    assert_eq!(caveats(&once), [Caveat::FewPairs { missing: 19 }]);
}

#[test]
fn a_category_nobody_used_counts_where_chance_is_over_the_form() {
    let rows = rows(&[&[1.0, 1.0], &[2.0, 2.0], &[1.0, 2.0], &[2.0, 2.0]]);
    let [two, three] = [&[1.0, 2.0][..], &[1.0, 2.0, 3.0]]
        .map(|categories| figures(&RatingTable::new(categories, &rows), Scale::Nominal));
    for which in [
        Coefficient::CohenKappa,
        Coefficient::FleissKappa,
        Coefficient::Alpha,
    ] {
        assert!(same(two[which], three[which]));
    }
    assert!(same(two[Coefficient::BrennanPrediger], Some(0.5)));
    assert!(same(three[Coefficient::BrennanPrediger], Some(0.625)));
    // Shares 3/8 and 5/8: chance 30/64 of two categories, half of that of three.
    assert!(same(
        two[Coefficient::Ac1],
        Some((0.75 - 30.0 / 64.0) / (34.0 / 64.0))
    ));
    assert!(same(
        three[Coefficient::Ac1],
        Some((0.75 - 15.0 / 64.0) / (49.0 / 64.0))
    ));
}

#[test]
fn a_ratio_scale_below_zero_has_no_alpha() {
    let table = RatingTable::new(&[], &rows(&[&[-1.0, 1.0], &[1.0, 1.0]]));
    assert_eq!(figures(&table, Scale::Ratio)[Coefficient::Alpha], None);
    let table = RatingTable::new(&[], &rows(&[&[0.0, 1.0], &[0.0, 0.0]]));
    // Of 4 ratings 3 are 0: within 2, among all 6.
    assert_eq!(figures(&table, Scale::Ratio)[Coefficient::Alpha], Some(0.0));
}

#[test]
fn four_counts_and_what_stands_beside_kappa() {
    let table = four([95, 3, 2, 0]);
    let counts = FourCounts::of(&table).unwrap();
    assert_eq!(
        (counts.first_only, counts.second_only, counts.calls()),
        (3, 2, 100)
    );
    let figures = figures(&table, Scale::Nominal);
    assert!(same(
        figures[Coefficient::PositiveAgreement],
        Some(190.0 / 195.0)
    ));
    assert!(same(figures[Coefficient::NegativeAgreement], Some(0.0)));
    assert!(same(figures[Coefficient::PrevalenceIndex], Some(0.95)));
    assert!(same(figures[Coefficient::BiasIndex], Some(0.01)));
    assert_eq!(caveats(&table), []);
}

#[test]
fn with_more_raters_each_call_counts_once() {
    let table = RatingTable::new(&[0.0, 1.0], &rows(&[&[1.0, 1.0, 0.0], &[0.0, 0.0, 0.0]]));
    let figures = figures(&table, Scale::Nominal);
    assert!(same(
        figures[Coefficient::PercentAgreement],
        Some(2.0 / 3.0)
    ));
    // One of three pairs; two of three raters say yes.
    assert!(same(figures[Coefficient::PositiveAgreement], Some(0.5)));
    assert!(same(figures[Coefficient::NegativeAgreement], Some(0.75)));
    assert!(same(figures[Coefficient::PrevalenceIndex], Some(1.0 / 3.0)));
    assert_eq!(figures[Coefficient::BiasIndex], None);
}

#[test]
fn mcnemar_is_binomial() {
    let p = |first_only, second_only| {
        let table = four([50, first_only, second_only, 50]);
        FourCounts::of(&table).unwrap().mcnemar()
    };
    // 1 or none of 10: 11 in 1024, twice.
    assert!(same(Some(p(9, 1)), Some(22.0 / 1024.0)));
    assert!(same(Some(p(1, 9)), Some(22.0 / 1024.0)));
    assert_eq!((p(5, 5), p(0, 0)), (1.0, 1.0));
    assert!(p(900, 100) >= 0.0 && p(900, 100) < 1e-12);
}

#[test]
fn a_strict_and_a_lenient_rater_are_consistent() {
    let table = ScoreTable::new(&rows(&[
        &[50.0, 60.0],
        &[70.1, 80.1],
        &[90.0, 100.0],
        &[33.3, 43.3],
    ]));
    let prepared = PreparedScores::new(&table);
    let figures = prepared.figures(&table.weights());
    assert!(same(figures[ScoreFigure::Icc(Icc::ThreeSingle)], Some(1.0)));
    assert!(figures[ScoreFigure::Icc(Icc::TwoSingle)].unwrap() < 0.95);
    assert!(same(figures[ScoreFigure::Bias], Some(-10.0)));
    assert_eq!(figures[ScoreFigure::DifferenceSd], Some(0.0));
    assert_eq!(figures[ScoreFigure::Near], Some(0.0));
    let squares = prepared.mean_squares(&table.weights()).unwrap();
    assert_eq!(squares.interval(Icc::ThreeSingle), None);
    assert_eq!(
        prepared.caveats(&table.weights()),
        [Caveat::FewPairs { missing: 16 }]
    );
}

#[test]
fn scores_that_never_vary_have_no_correlation() {
    let table = ScoreTable::new(&vec![vec![Some(73.1); 3]; 40]);
    let prepared = PreparedScores::new(&table);
    let figures = prepared.figures(&table.weights());
    assert_eq!(figures.0[..6], [None; 6]);
    assert_eq!(figures[ScoreFigure::MeanAbsolute], Some(0.0));
    assert_eq!(figures[ScoreFigure::Near], Some(1.0));
    assert_eq!(prepared.caveats(&table.weights()), [Caveat::NoVariance]);

    // Only the raters' severity shows: there is nothing to be consistent about.
    let table = ScoreTable::new(&vec![vec![Some(71.5), Some(87.1)]; 30]);
    let figures = PreparedScores::new(&table).figures(&table.weights());
    assert_eq!(figures[ScoreFigure::Icc(Icc::ThreeSingle)], None);
    assert!(same(figures[ScoreFigure::Bias], Some(-15.6)));

    // Calls whose means are one and the same.
    let table = ScoreTable::new(&rows(&[&[50.0, 60.0], &[60.0, 50.0]]));
    let figures = PreparedScores::new(&table).figures(&table.weights());
    assert!(same(figures[ScoreFigure::Icc(Icc::OneSingle)], Some(-1.0)));
    assert_eq!(figures[ScoreFigure::Icc(Icc::OneMean)], None);
}

#[test]
fn five_points_are_near_and_gaps_leave_the_other_pairs() {
    let mut rows = rows(&[&[80.0, 85.0, 91.0], &[70.0, 70.0]]);
    rows.push(vec![Some(10.0)]);
    let table = ScoreTable::new(&rows);
    let figures = PreparedScores::new(&table).figures(&table.weights());
    assert!(same(figures[ScoreFigure::MeanAbsolute], Some(22.0 / 6.0)));
    assert!(same(figures[ScoreFigure::Near], Some(4.0 / 6.0)));
    assert_eq!(figures[ScoreFigure::Icc(Icc::TwoSingle)], None);
}

#[test]
fn raters_who_share_too_few_calls_are_set_aside() {
    let row = |raters: [bool; 4]| raters.map(|r| r.then_some(50.0)).to_vec();
    let mut rows = vec![row([true, true, true, false]); 25];
    rows.extend(vec![row([true, true, true, true]); 5]);
    rows.extend(vec![row([false, true, false, true]); 30]);
    let table = ScoreTable::new(&rows);
    assert_eq!(table.shared(), [0, 1, 2]);
    let of = table.of(&[2, 0]);
    assert_eq!((of.raters, of.counts), (2, vec![30]));
    assert!(ScoreTable::new(&rows[..10]).shared().len() < 2);
}
