"""Times the same figures with other packages, to be set beside `cargo bench --bench calibration`.

    target/venv/bin/python benches/calibration.py [RESAMPLES]

One question of the bench: 10,000 calls, 5 raters, yes or no, one answer in ten missing. None of
the packages has a bootstrap of its own for these figures, so calls are drawn here, and each
figure is computed again from the drawn calls by the package's fastest way: krippendorff and
statsmodels from counts per call, made once, outside of the time. RESAMPLES (10) are timed, or as
many as fit in half a minute; the fastest is printed, and what 30 questions with 1,000 resamples
would take.
"""

import sys
import time
import warnings
from itertools import combinations

import krippendorff
import numpy as np
import pandas as pd
import pingouin
from irrCAC.raw import CAC
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

CALLS, RATERS, QUESTIONS, OFTEN = 10_000, 5, 30, 1_000
# Seconds after which a figure is timed no more.
PATIENCE = 30


def answers(rng) -> np.ndarray:
    hidden = rng.random(CALLS) < 0.8
    chance = rng.random((CALLS, RATERS)) < 0.8
    follows = rng.random((CALLS, RATERS)) < 0.8
    ratings = np.where(follows, hidden[:, None], chance).astype(float)
    ratings[rng.random(ratings.shape) < 0.1] = np.nan
    return ratings


def scores(rng) -> np.ndarray:
    quality = rng.normal(75, 10, size=(CALLS, 1))
    return np.clip(np.round(quality + rng.normal(0, 6, size=(CALLS, RATERS))), 0, 100)


def figures(rng) -> list:
    """Package, figure, and the function that computes it from the places of the drawn calls."""
    ratings, points = answers(rng), scores(rng)
    counts = np.stack([(ratings == 0).sum(axis=1), (ratings == 1).sum(axis=1)], axis=1)
    frame = pd.DataFrame(ratings)
    # statsmodels has Fleiss' kappa only without gaps.
    complete = np.nan_to_num(ratings)
    without_gaps = np.stack([(complete == 0).sum(axis=1), (complete == 1).sum(axis=1)], axis=1)

    def of_irrcac(method: str):
        def figure(drawn):
            cac = CAC(frame.iloc[drawn], categories=[0.0, 1.0])
            return getattr(cac, method)()["est"]["coefficient_value"]

        return figure

    def cohen(drawn):
        kappas = []
        for first, second in combinations(range(RATERS), 2):
            a, b = ratings[drawn, first], ratings[drawn, second]
            both = ~np.isnan(a) & ~np.isnan(b)
            cells = np.bincount((2 * a[both] + b[both]).astype(int), minlength=4).reshape(2, 2)
            kappas.append(cohens_kappa(cells, return_results=False))
        return kappas

    def icc(drawn):
        long = pd.DataFrame(
            {
                "call": np.repeat(np.arange(CALLS), RATERS),
                "rater": np.tile(np.arange(RATERS), CALLS),
                "points": points[drawn].ravel(),
            }
        )
        return pingouin.intraclass_corr(long, "call", "rater", "points")["ICC"].tolist()

    return [
        (
            "krippendorff",
            "alpha",
            lambda drawn: krippendorff.alpha(
                value_counts=counts[drawn], level_of_measurement="nominal"
            ),
        ),
        ("irrCAC", "AC1", of_irrcac("gwet")),
        ("irrCAC", "Fleiss' kappa", of_irrcac("fleiss")),
        ("irrCAC", "Brennan-Prediger", of_irrcac("bp")),
        ("irrCAC", "alpha", of_irrcac("krippendorff")),
        ("statsmodels", "Fleiss' kappa", lambda drawn: fleiss_kappa(without_gaps[drawn])),
        ("statsmodels", "Cohen's kappa, 10 pairs", cohen),
        ("pingouin", "six ICC (scores in points)", icc),
    ]


def main() -> None:
    warnings.simplefilter("ignore")
    resamples = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    rng = np.random.default_rng(1)
    print(f"{CALLS} calls, {RATERS} raters, one question, up to {resamples} resamples")
    print(f"| Package | Figure | Resamples | Seconds per resample | {QUESTIONS} × {OFTEN} |")
    print("|---|---|---|---|---|")
    for package, name, figure in figures(rng):
        seconds = []
        while len(seconds) < resamples and sum(seconds) < PATIENCE:
            start = time.perf_counter()
            drawn = rng.integers(CALLS, size=CALLS)
            figure(drawn)
            seconds.append(time.perf_counter() - start)
        each = min(seconds)
        whole = each * QUESTIONS * OFTEN
        print(
            f"| {package} | {name} | {len(seconds)} | {each:.6f} | {whole:,.0f} s |", flush=True
        )


if __name__ == "__main__":
    main()
