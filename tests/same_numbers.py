"""Holds what callibrate prints against what an analyst finds in the tables.

    python tests/same_numbers.py DIR SUMMARY CALIBRATION

DIR is an output folder, SUMMARY what `callibrate score --all` printed of it, CALIBRATION what
`callibrate calibrate` did. Every count of the summary is worked out again from the tables in
DuckDB, in pandas (through pyarrow) and in polars, and each of them must come to the printed one;
so must the rates that the calibration prints, as far as they are rounded alike. Columns must be of
types that Spark reads as the document says. A figure that differs ends it with exit 1.
"""

import re
import sys
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

ROOT = Path(__file__).resolve().parent.parent
VERDICTS = ["pass", "fail", "undetermined"]
STEPS = 5

# What Spark makes of a column, by its types in the file (physical, logical).
SPARK = {
    ("BYTE_ARRAY", "String"): "StringType",
    ("INT64", "None"): "LongType",
    ("INT64", "Int(bitWidth=64, isSigned=true)"): "LongType",
    ("DOUBLE", "None"): "DoubleType",
    ("BOOLEAN", "None"): "BooleanType",
    ("INT64", "Timestamp(isAdjustedToUTC=true, timeUnit=microseconds"): "TimestampType",
}
DOCUMENTED = {
    "VARCHAR": "StringType",
    "BIGINT": "LongType",
    "DOUBLE": "DoubleType",
    "BOOLEAN": "BooleanType",
    "TIMESTAMP WITH TIME ZONE": "TimestampType",
}


def number(text: str) -> int:
    return int(text.replace(",", ""))


def titles() -> dict[str, str]:
    """Ids of the rubrics that ship, by what their heading is in a summary."""
    found = {}
    for path in (ROOT / "samples" / "rubrics").glob("*.yaml"):
        rubric = yaml.safe_load(path.read_text(encoding="utf-8"))
        if "title" in rubric and "rubric" in rubric:
            found[f"{rubric['title']} (version {rubric['version']})"] = rubric["rubric"]
    return found


def printed(summary: str) -> dict[tuple[str, str], int]:
    """The counts of a morning summary, by rubric and what they count."""
    known = titles()
    figures: dict[tuple[str, str], int] = {}
    rubric = None
    for line in summary.splitlines():
        if line in known:
            rubric = known[line]
            continue
        if rubric is None:
            continue
        if match := re.match(r"  scored (\S+)(?:   not eligible (\S+))?", line):
            figures[rubric, "scored"] = number(match[1])
            figures[rubric, "not eligible"] = number(match[2] or "0")
        elif match := re.match(
            r"  passed (\S+)   failed (\S+) \(auto-fail (\S+)\)   undetermined (\S+)", line
        ):
            for name, value in zip(["pass", "fail", "auto-fail", "undetermined"], match.groups()):
                figures[rubric, name] = number(value)
        elif match := re.match(r"  (\S+) of (\S+) questions could not be answered", line):
            figures[rubric, "abstained"] = number(match[1])
            figures[rubric, "questions"] = number(match[2])
        elif match := re.match(r"  what no agent could help \(table obstacles\): (.*)", line):
            for part in match[1].split(", "):
                question, count = part.rsplit(" ", 1)
                figures[rubric, f"obstacle {question}"] = number(count)
        elif match := re.match(r"\s+(\d+) to \d+\s+(\d+)", line):
            figures[rubric, f"step {int(match[1]) * STEPS // 100}"] = int(match[2])
    return figures


def by_duckdb(folder: Path) -> dict[tuple[str, str], int]:
    def table(name: str) -> str:
        return (
            f"read_parquet('{folder}/{name}/date=*/*.parquet', hive_partitioning = true, "
            "union_by_name = true)"
        )

    figures = {}
    rows = duckdb.sql(f"""
        SELECT rubric, count(*) FILTER (status = 'scored'), count(*) FILTER (status <> 'scored'),
            count(*) FILTER (verdict = 'pass'), count(*) FILTER (verdict = 'fail'),
            count(*) FILTER (verdict = 'undetermined'), count(auto_failed_by)
        FROM {table("scores")} GROUP BY rubric""").fetchall()
    names = ["scored", "not eligible", *VERDICTS, "auto-fail"]
    for rubric, *counts in rows:
        figures |= {(rubric, name): count for name, count in zip(names, counts)}
    for rubric, abstained, questions in duckdb.sql(f"""
        SELECT rubric, count(*) FILTER (answer = 'abstain' AND answered_by <> 'person'), count(*)
        FROM {table("answers")} WHERE scorer = 'automatic' GROUP BY rubric""").fetchall():
        figures[rubric, "abstained"] = abstained
        figures[rubric, "questions"] = questions
    for rubric, step, count in duckdb.sql(f"""
        SELECT rubric, least(floor(score / 20), 4)::INT, count(*)
        FROM {table("scores")} WHERE score IS NOT NULL GROUP BY ALL""").fetchall():
        figures[rubric, f"step {step}"] = count
    for rubric, question, count in duckdb.sql(f"""
        SELECT rubric, question, count(*) FROM {table("obstacles")} GROUP BY ALL""").fetchall():
        figures[rubric, f"obstacle {question}"] = count
    return figures


def by_pandas(folder: Path) -> dict[tuple[str, str], int]:
    def table(name: str) -> pd.DataFrame:
        return pq.read_table(folder / name, partitioning="hive").to_pandas()

    figures: dict[tuple[str, str], int] = {}
    for rubric, scores in table("scores").groupby("rubric"):
        scored = scores[scores["status"] == "scored"]
        figures[rubric, "scored"] = len(scored)
        figures[rubric, "not eligible"] = len(scores) - len(scored)
        for verdict in VERDICTS:
            figures[rubric, verdict] = int((scores["verdict"] == verdict).sum())
        figures[rubric, "auto-fail"] = int(scores["auto_failed_by"].notna().sum())
        steps = (scores["score"].dropna() // 20).clip(upper=STEPS - 1).astype(int)
        for step, count in steps.value_counts().items():
            figures[rubric, f"step {step}"] = int(count)
    answers = table("answers")
    for rubric, answers in answers[answers["scorer"] == "automatic"].groupby("rubric"):
        open_ones = answers[(answers["answer"] == "abstain") & (answers["answered_by"] != "person")]
        figures[rubric, "abstained"] = len(open_ones)
        figures[rubric, "questions"] = len(answers)
    for (rubric, question), rows in table("obstacles").groupby(["rubric", "question"]):
        figures[rubric, f"obstacle {question}"] = len(rows)
    return figures


def by_polars(folder: Path) -> dict[tuple[str, str], int]:
    def table(name: str) -> pl.DataFrame:
        files = sorted((folder / name).glob("date=*/part.parquet"))
        days = [pl.scan_parquet(file, hive_partitioning=True) for file in files]
        return pl.concat(days, how="diagonal").collect()

    figures: dict[tuple[str, str], int] = {}
    scored = pl.col("status") == "scored"
    counted = table("scores").group_by("rubric").agg(
        scored.sum().alias("scored"),
        (~scored).sum().alias("not eligible"),
        *[(pl.col("verdict") == verdict).sum().alias(verdict) for verdict in VERDICTS],
        pl.col("auto_failed_by").is_not_null().sum().alias("auto-fail"),
    )
    for row in counted.iter_rows(named=True):
        rubric = row.pop("rubric")
        figures |= {(rubric, name): count for name, count in row.items()}
    steps = (
        table("scores")
        .filter(pl.col("score").is_not_null())
        .with_columns((pl.col("score") / 20).floor().clip(upper_bound=STEPS - 1).alias("step"))
        .group_by("rubric", "step")
        .len()
    )
    for rubric, step, count in steps.iter_rows():
        figures[rubric, f"step {int(step)}"] = count
    is_open = (pl.col("answer") == "abstain") & (pl.col("answered_by") != "person")
    answers = table("answers").filter(pl.col("scorer") == "automatic")
    for rubric, abstained, questions in (
        answers.group_by("rubric").agg(is_open.sum(), pl.len().alias("all")).iter_rows()
    ):
        figures[rubric, "abstained"] = abstained
        figures[rubric, "questions"] = questions
    for rubric, question, count in (
        table("obstacles").group_by("rubric", "question").len().iter_rows()
    ):
        figures[rubric, f"obstacle {question}"] = count
    return figures


def compare(printed: dict, found: dict, engine: str) -> list[str]:
    """Figures that differ; a step or an obstacle that one of the two leaves out counts as 0."""
    faults = []
    for key in sorted(printed.keys() | found.keys()):
        if printed.get(key, 0) != found.get(key, 0):
            rubric, name = key
            faults.append(
                f"{rubric}, {name}: printed {printed.get(key)}, {engine} finds {found.get(key)}"
            )
    return faults


def compare_calibration(folder: Path, text: str) -> tuple[int, list[str]]:
    """The rates that a calibration prints, against its tables; how many were compared."""
    compared, faults = 0, []

    def same(what: str, shown: str, value: float | None) -> None:
        nonlocal compared
        compared += 1
        if value is None or f"{value:.0f}" != shown:
            faults.append(f"calibration, {what}: printed {shown}, the table has {value}")

    def table(name: str) -> str:
        return f"read_parquet('{folder}/calibration/{name}/part.parquet')"

    agree = dict(
        duckdb.sql(f"""SELECT part, percent_agreement * 100 FROM {table("agreement")}
            WHERE level = 'question' AND comparison = 'people'""").fetchall()
    )
    section = text.split("How far people agree", 1)[1].split("Who is strict", 1)[0]
    for question, shown in re.findall(r"([a-z][a-z-]+) (\d+) %", section):
        same(f"agreement on {question}", shown, agree.get(question))

    raters = {
        rater: values
        for rater, *values in duckdb.sql(f"""
            SELECT rater, abs(severity), severity_low, severity_high FROM {table("raters")}
            """).fetchall()
    }
    for rater, by, low, high in re.findall(
        r"(\w+) gives (\d+) (?:more|fewer) than the average \((\d+) to (\d+)\)", text
    ):
        values = raters.get(rater, [None] * 3)
        same(f"severity of {rater}", by, values[0])
        if None not in values:
            ends = sorted(f"{abs(end):.0f}" for end in values[1:])
            compared += 1
            if ends != sorted([low, high]):
                faults.append(f"calibration, severity of {rater}: printed {low} to {high}, {ends}")

    rates = {
        question: values
        for question, *values in duckdb.sql(f"""
            SELECT question, raw_rate * 100, true_rate * 100, true_rate_low * 100,
                true_rate_high * 100
            FROM {table("true_rates")} WHERE reference = 'gold'""").fetchall()
    }
    for question, *shown in re.findall(
        r"^    ([a-z-]+) +(\d+) % +(\d+) % \((\d+) to (\d+)\)", text, re.MULTILINE
    ):
        names = ["raw rate", "true rate", "its low end", "its high end"]
        for name, one, value in zip(names, shown, rates.get(question, [None] * 4)):
            same(f"{name} of {question}", one, value)
    return compared, faults


def documented() -> dict[str, dict[str, str]]:
    """Types of columns by table, as docs/report-schema.md has them."""
    text = (ROOT / "docs" / "report-schema.md").read_text(encoding="utf-8")
    found = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        rows = re.findall(r"^\| `(\w+)` \| ([A-Z ]+) \| (?:yes|no) \|", section, re.MULTILINE)
        found[section.split("\n", 1)[0].strip()] = dict(rows)
    return found


def spark_types(folder: Path) -> tuple[int, list[str]]:
    """Columns whose types in the files Spark would not read as documented."""
    checked, faults = 0, []
    for name, columns in documented().items():
        path = next((folder / name).rglob("part.parquet"), None)
        if path is None:
            continue
        schema = pq.ParquetFile(path).schema
        for at in range(len(schema)):
            column = schema.column(at)
            kinds = (column.physical_type, str(column.logical_type))
            spark = next(
                (
                    spark
                    for (physical, logical), spark in SPARK.items()
                    if kinds[0] == physical and kinds[1].startswith(logical)
                ),
                None,
            )
            checked += 1
            if spark is None or spark != DOCUMENTED.get(columns.get(column.name, "")):
                faults.append(f"{name}.{column.name}: {kinds} is {spark} to Spark")
    return checked, faults


def main() -> int:
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    summary = printed(Path(sys.argv[2]).read_text(encoding="utf-8"))
    faults = []
    if len(summary) < 20:
        faults.append(f"the summary has {len(summary)} figures only")
    engines = [
        (f"DuckDB {duckdb.__version__}", by_duckdb),
        (f"pandas {pd.__version__} with pyarrow {pa.__version__}", by_pandas),
        (f"polars {pl.__version__}", by_polars),
    ]
    for engine, figures in engines:
        faults += compare(summary, figures(folder), engine)
        print(f"{len(summary)} figures of the summary, held against {engine}")
    calibration = Path(sys.argv[3]).read_text(encoding="utf-8")
    compared, differing = compare_calibration(folder, calibration)
    faults += differing
    print(f"{compared} figures of the calibration, held against its tables")
    if compared < 40:
        faults.append("too few of them: has the summary's wording changed?")
    checked, wrong = spark_types(folder)
    faults += wrong
    print(f"{checked} columns, by the types that Spark reads")
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
