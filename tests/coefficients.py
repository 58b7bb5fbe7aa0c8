"""Compares the agreement figures with other packages, on random tables with gaps.

    python tests/coefficients.py PROGRAM

PROGRAM is the example `coefficients`. Every figure that a package has, too, must come out the
same to 1e-9 (relative above 1), and must be missing where it is not defined. A fault ends it with
exit 1.

Where definitions differ, and what is done about it:
- krippendorff, irrCAC, statsmodels and pingouin divide by zero, raise or return NaN where nothing
  varies or nothing is paired; here a figure is then missing.
- irrCAC counts only categories that were used unless it is told all; it is told all.
- irrCAC wants two calls or more, for alpha two with two answers: its variance needs them.
- irrCAC's weights are by the values of the categories; on an ordinal scale it gets ranks.
- irrCAC's `ordinal` weights give another alpha than Krippendorff's ordinal metric, which
  krippendorff has; only the latter is compared, and that the two differ is checked. Its linear
  alpha is no metric of Krippendorff's.
- irrCAC's AC1 without variance is 1, as here; its alpha and kappa are not defined then.
- irrCAC has no Cohen's kappa with gaps: Conger's kappa uses all of each rater's answers, Cohen's
  here only calls that both rated. So it is compared with statsmodels on the table of those.
- statsmodels has Fleiss' kappa only without gaps.
- pingouin leaves out calls that a rater did not score, as here, and wants five scores or more.
  Where raters leave no error, or all calls have one mean, it divides by rounding; here there is no
  interval then, and no figure that has nothing to divide by. It gives an ICC(2,k) above 1 where
  its denominator is negative, and an interval of ICC(2,·) with less than one degree of freedom;
  here there is none.
- No package has positive and negative agreement, prevalence and bias: from the four counts.
"""

import json
import math
import subprocess
import sys
import warnings

import krippendorff
import numpy as np
import pandas as pd
import pingouin
from irrCAC.raw import CAC
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

SEED = 20
# Tables of each scale, and tables of scores.
TABLES = 120
SCORES = 60
TOLERANCE = 1e-9
SCALES = ("nominal", "ordinal", "interval", "ratio")
VALUES = {
    "nominal": [1, 2, 3, 4, 5, 6, 7],
    "ordinal": [1, 2, 3, 5, 8, 13, 21],
    "interval": [-2, 0, 1, 3, 4, 9, 10],
    "ratio": [0, 1, 2, 5, 10, 20, 50],
}
WEIGHTS = {"identity": "", "linear": "_linear", "quadratic": "_quadratic"}
GWET = {"identity": "ac1", "linear": "ac2_linear", "quadratic": "ac2_quadratic"}
ICC = {
    "ICC(1,1)": "icc_1_1",
    "ICC(A,1)": "icc_2_1",
    "ICC(C,1)": "icc_3_1",
    "ICC(1,k)": "icc_1_k",
    "ICC(A,k)": "icc_2_k",
    "ICC(C,k)": "icc_3_k",
}


def random_ratings(rng, scale: str) -> dict:
    """Answers that follow a hidden one, now and then by chance, with gaps and rare categories."""
    categories = VALUES[scale][: rng.choice([2, 2, 3, 5, 7])]
    raters = int(rng.choice([2, 2, 3, 5, 8]))
    calls = int(rng.choice([1, 3, 10, 40, 150]))
    q = len(categories)
    common = rng.choice([1 / q, 0.9, 0.98])
    shares = np.full(q, (1 - common) / (q - 1))
    shares[rng.integers(q)] = common
    hidden = rng.choice(q, size=calls, p=shares / shares.sum())
    chance = rng.choice(q, size=(calls, raters), p=shares / shares.sum())
    follows = rng.random((calls, raters)) < rng.choice([0.2, 0.7, 0.95, 1.0])
    places = np.where(follows, hidden[:, None], chance)
    ratings = np.array(categories, float)[places]
    ratings[rng.random((calls, raters)) < rng.choice([0, 0.1, 0.4])] = np.nan
    return {"scale": scale, "categories": categories, "ratings": ratings}


def random_scores(rng) -> dict:
    raters, calls = int(rng.choice([2, 3, 6])), int(rng.choice([2, 8, 30, 60]))
    quality = rng.normal(75, rng.choice([0, 5, 15]), size=(calls, 1))
    severity = rng.normal(0, rng.choice([0, 10]), size=(1, raters))
    noise = rng.normal(0, rng.choice([0, 3, 8]), size=(calls, raters))
    scores = np.clip(np.round(quality + severity + noise, 1), 0, 100)
    scores[rng.random(scores.shape) < rng.choice([0, 0.1])] = np.nan
    return {"scores": scores}


def as_json(table: dict) -> dict:
    def clean(value):
        if isinstance(value, np.ndarray):
            return [[None if math.isnan(v) else v for v in row] for row in value.tolist()]
        return value

    return {key: clean(value) for key, value in table.items()}


def attempt(figure):
    """None where a package raises, or says NaN or infinity."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            value = float(figure())
    except (ValueError, ZeroDivisionError, AssertionError, IndexError, KeyError):
        return None
    return value if math.isfinite(value) else None


class Comparison:
    def __init__(self):
        self.faults, self.compared, self.farthest = [], {}, {}

    def same(self, package: str, figure: str, ours, theirs, table: dict) -> None:
        key = (package, figure)
        self.compared[key] = self.compared.get(key, 0) + 1
        if ours is None or theirs is None:
            apart = 0.0 if ours is theirs else math.inf
        else:
            apart = abs(ours - theirs) / max(1.0, abs(theirs))
        self.farthest[key] = max(apart, self.farthest.get(key, 0.0))
        if apart > TOLERANCE:
            text = json.dumps(as_json(table))
            self.faults.append(f"{package}: {figure}: {theirs} here {ours}: {text[:2000]}")


def of_alpha(to: Comparison, ours: dict, table: dict) -> None:
    ratings, scale = table["ratings"], table["scale"]
    paired = ratings[(~np.isnan(ratings)).sum(axis=1) >= 2]
    used = np.unique(paired[~np.isnan(paired)])
    theirs = None
    if len(used) > 1:
        theirs = attempt(
            lambda: krippendorff.alpha(
                reliability_data=ratings.T,
                level_of_measurement=scale,
                value_domain=np.array(table["categories"], float),
            )
        )
    to.same("krippendorff", f"alpha {scale}", ours["alpha"], theirs, table)


def of_gwet(to: Comparison, ours: dict, table: dict) -> None:
    ratings, categories = table["ratings"], table["categories"]
    if table["scale"] == "ordinal":
        ranks = np.arange(len(categories), dtype=float)
        known = ~np.isnan(ratings)
        ratings = np.where(known, np.searchsorted(categories, np.nan_to_num(ratings)), np.nan)
        categories = ranks.tolist()
    frame = pd.DataFrame(ratings, dtype=float)
    given = (~np.isnan(ratings)).sum(axis=1)
    paired = (given >= 2).sum()
    if (given >= 1).sum() < 2:
        return
    varies = len(np.unique(ratings[~np.isnan(ratings)])) > 1
    for weights, suffix in WEIGHTS.items():
        if weights != "identity" and table["scale"] == "nominal":
            assert ours[GWET[weights]] is None and ours["fleiss_kappa" + suffix] is None
            continue
        categories = [float(c) for c in categories]

        def cac():
            return CAC(frame, weights=weights, categories=categories, digits=15)

        def value(method: str):
            return lambda: getattr(cac(), method)()["est"]["coefficient_value"]

        gwet = attempt(value("gwet")) if paired else None
        to.same("irrCAC", GWET[weights], ours[GWET[weights]], gwet, table)
        even = attempt(value("bp")) if paired else None
        to.same("irrCAC", "brennan_prediger" + suffix, ours["brennan_prediger" + suffix], even, table)
        kappa = attempt(value("fleiss")) if paired and varies else None
        to.same("irrCAC", "fleiss_kappa" + suffix, ours["fleiss_kappa" + suffix], kappa, table)
        metric = {"nominal": "identity", "interval": "quadratic"}.get(table["scale"])
        if weights == metric and paired != 1:
            alpha = attempt(value("krippendorff")) if ours["alpha"] is not None else None
            to.same("irrCAC", f"alpha {table['scale']}", ours["alpha"], alpha, table)
        if weights == "identity":
            percent = attempt(lambda: cac().gwet()["est"]["pa"]) if paired else None
            to.same("irrCAC", "percent_agreement", ours["percent_agreement"], percent, table)


def of_fleiss(to: Comparison, ours: dict, table: dict) -> None:
    ratings = table["ratings"]
    if np.isnan(ratings).any():
        return
    counts = np.array([[np.sum(row == c) for c in table["categories"]] for row in ratings])
    theirs = attempt(lambda: fleiss_kappa(counts))
    to.same("statsmodels", "fleiss_kappa", ours["fleiss_kappa"], theirs, table)


def of_two(to: Comparison, ours: dict, table: dict) -> None:
    ratings, categories = table["ratings"], table["categories"]
    if ratings.shape[1] != 2:
        return
    both = ratings[~np.isnan(ratings).any(axis=1)]
    cells = np.array(
        [[np.sum((both == [a, b]).all(axis=1)) for b in categories] for a in categories]
    )
    places = categories if table["scale"] in ("interval", "ratio") else np.arange(len(categories))
    for weights, suffix in WEIGHTS.items():
        figure = "cohen_kappa" + suffix
        if weights == "identity":
            theirs = lambda: cohens_kappa(cells, return_results=False)
        elif table["scale"] != "nominal":
            theirs = lambda: cohens_kappa(
                cells, weights=np.array(places, float), wt=weights, return_results=False
            )
        else:
            theirs = lambda: math.nan
        varies = (cells.sum(axis=0) + cells.sum(axis=1) > 0).sum() > 1
        value = attempt(theirs) if varies else None
        to.same("statsmodels", figure, ours[figure], value, table)
    if len(categories) != 2:
        return
    p = attempt(lambda: mcnemar(cells, exact=True).pvalue)
    to.same("statsmodels", "mcnemar_p", ours["mcnemar_p"], p, table)
    (d, c), (b, a) = cells.tolist()
    n = a + b + c + d
    share = lambda above, below: above / below if below else None
    by_hand = {
        "positive_agreement": share(2 * a, 2 * a + b + c),
        "negative_agreement": share(2 * d, 2 * d + b + c),
        "prevalence_index": share(abs(a - d), n),
        "bias_index": share(abs(b - c), n),
    }
    for figure, value in by_hand.items():
        to.same("four counts", figure, ours[figure], value, table)


def of_scores(to: Comparison, ours: dict, table: dict) -> None:
    scores = table["scores"]
    complete = scores[~np.isnan(scores).any(axis=1)]
    calls, raters = complete.shape
    if calls < 2 or np.ptp(complete) == 0:
        assert all(ours[figure] is None for figure in ICC.values()), table
        return
    if complete.size < 5:
        return
    long = pd.DataFrame(
        [(i, j, complete[i, j]) for i in range(calls) for j in range(raters)],
        columns=["call", "rater", "points"],
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        theirs = pingouin.intraclass_corr(long, "call", "rater", "points")
    grand, of_calls, of_raters = complete.mean(), complete.mean(axis=1), complete.mean(axis=0)
    residual = complete - of_calls[:, None] - of_raters + grand
    level, exact = np.ptp(of_calls) < 1e-9, np.ptp(residual) < 1e-9
    n, k = calls, raters
    between = k * np.sum((of_calls - grand) ** 2) / (n - 1)
    judges = n * np.sum((of_raters - grand) ** 2) / (k - 1)
    error = np.sum(residual**2) / ((n - 1) * (k - 1))
    nothing = set()
    if level:
        nothing |= {"icc_1_k", "icc_3_k"} | ({"icc_3_1"} if exact else set())
    if between + (judges - error) / n <= 0:
        nothing.add("icc_2_k")
    for name, value, interval in zip(theirs["Type"], theirs["ICC"], theirs["CI95"]):
        figure = ICC[name]
        value = None if figure in nothing else attempt(lambda value=value: value)
        to.same("pingouin", figure, ours[figure], value, table)
        without = exact or level or value is None
        if figure.startswith("icc_2") and not without:
            rho = ours["icc_2_1"]
            a = k * rho / (n * (1 - rho)) * judges
            b = (1 + k * rho * (n - 1) / (n * (1 - rho))) * error
            without = (a + b) ** 2 / (a**2 / (k - 1) + b**2 / ((n - 1) * (k - 1))) < 1
        ends = ours[f"{figure}_interval"]
        for at, end in enumerate(interval):
            mine = None if ends is None else ends[at]
            end = None if without else attempt(lambda end=end: end)
            to.same("pingouin", f"{figure} interval", mine, end, table)


def check_ordinal(run) -> None:
    """Krippendorff's ordinal metric is not irrCAC's ordinal weights."""
    nan = math.nan
    ratings = np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
            [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
        ]
    ).T
    (ours,) = run([{"scale": "ordinal", "categories": [1, 2, 3, 4, 5], "ratings": ratings}])
    irrcac = CAC(pd.DataFrame(ratings), weights="ordinal").krippendorff()
    value = irrcac["est"]["coefficient_value"]
    assert round(ours["alpha"], 3) == 0.815 and round(value, 3) == 0.834, (ours["alpha"], value)


def main() -> int:
    program = sys.argv[1]

    def run(tables: list) -> list:
        text = json.dumps([as_json(table) for table in tables])
        done = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    # Two decimals are no comparison.
    pingouin.options["round.column.CI95"] = None
    check_ordinal(run)
    rng = np.random.default_rng(SEED)
    ratings = [random_ratings(rng, scale) for scale in SCALES for _ in range(TABLES)]
    scores = [random_scores(rng) for _ in range(SCORES)]
    to = Comparison()
    for table, ours in zip(ratings, run(ratings)):
        of_alpha(to, ours, table)
        of_gwet(to, ours, table)
        of_fleiss(to, ours, table)
        of_two(to, ours, table)
    for table, ours in zip(scores, run(scores)):
        of_scores(to, ours, table)

    for fault in to.faults[:20]:
        print(fault, file=sys.stderr)
    for package in sorted({package for package, _ in to.compared}):
        keys = [key for key in to.compared if key[0] == package]
        figures = sum(to.compared[key] for key in keys)
        farthest = max(to.farthest[key] for key in keys)
        print(f"{package}: {figures} figures compared, at most {farthest:.1e} apart")
    print(f"{len(ratings)} tables of answers and {len(scores)} of scores, {len(to.faults)} faults")
    return 1 if to.faults else 0


if __name__ == "__main__":
    sys.exit(main())
