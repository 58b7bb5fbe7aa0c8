"""Runs every query of docs/cookbook.md on a report, as an analyst would, one after the other.

    python tests/cookbook.py DIR

DIR is the output folder of a run over the sample calls, of a release and of a calibration. Queries
are taken from the document as they stand, with `report/` replaced by DIR. Each must find rows, but
for those about what a good run has none of; some results are held against figures that are worked
out here in another way. What no sample has (two versions of a form, recordings that fail twice,
files of older versions) is made here. A fault ends it with exit 1.
"""

import os
import re
import sys
import tempfile
from collections import Counter, defaultdict
from math import sqrt
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "cookbook.md"

# Headings whose queries may find nothing on a good run.
MAY_BE_EMPTY = {"20", "21"}

FEWEST = 20


def sections(text: str) -> list[tuple[str, list[str]]]:
    """Headings with their queries."""
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    return [
        (
            part.split("\n", 1)[0].strip(),
            re.findall(r"^```sql\n(.*?)^```", part, re.DOTALL | re.MULTILINE),
        )
        for part in parts
    ]


def rows(folder: Path, table: str) -> list[dict]:
    """A whole table, read without SQL."""
    whole = folder / table / "part.parquet"
    path = whole if whole.is_file() else folder / table
    return pq.read_table(path, partitioning="hive").to_pylist()


def wilson(k: int, n: int) -> tuple[float, float]:
    """Wilson (1927), without continuity correction."""
    z = 1.959964
    middle = (k + z * z / 2) / (n + z * z)
    half = z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return middle - half, middle + half


def check_results(folder: Path, found: dict[str, list[dict]]) -> list[str]:
    """Results that differ from what is worked out without SQL."""
    faults = []

    def same(what: str, one, other) -> None:
        if one != other:
            faults.append(f"{what}: the query says {one}, the rows say {other}")

    automatic = [a for a in rows(folder, "answers") if a["scorer"] == "automatic"]
    by_question: dict = {}
    for answer in automatic:
        if answer["kind"] == "yes_no" and answer["answer"] in ("yes", "no"):
            key = (answer["rubric"], answer["question"], answer["meaning"])
            by_question.setdefault(key, []).append(answer["answer"] == "no")
    expected = sorted(
        (rubric, question, sum(failed), len(failed), *(round(e, 3) for e in
            wilson(sum(failed), len(failed))))
        for (rubric, question, _), failed in by_question.items()
    )
    same(
        "which questions fail",
        sorted(
            (r["rubric"], r["question"], r["failed"], r["answered"], r["low"], r["high"])
            for r in found["3"]
        ),
        expected,
    )
    scores = rows(folder, "scores")
    scored = [s for s in scores if s["status"] == "scored"]
    for r in found["2"]:
        if r["calls"] and not r["at_worst"] <= r["mean_score"] <= r["at_best"]:
            faults.append(f"mean scores: {r} are not of the same calls")
    same("calls without a score", sum(r["without_score"] for r in found["2"]),
        sum(s["score"] is None for s in scored))
    record = {}
    for answer in rows(folder, "answers"):
        if answer["of_record"]:
            key = tuple(answer[k] for k in ("call_id", "rubric", "rubric_version", "question"))
            if key in record:
                faults.append(f"{key} has two answers of record")
            record[key] = answer["answer"]
    given = {
        tuple(a[k] for k in ("call_id", "rubric", "rubric_version", "question")): a["answer"]
        for a in automatic
    }
    same("calls with an answer of record", len(record), len(given))
    same(
        "where people overrule",
        len(found["7"]),
        sum(answer not in ("abstain", record.get(key)) for key, answer in given.items()),
    )
    reasons = Counter(
        (a["rubric"], a["question"],
            re.sub(r"[0-9]+([.][0-9]+)?", "n", re.sub(r'"[^"]*"', "…", a["reason"])))
        for a in automatic if a["answer"] == "abstain"
    )
    same(
        "why questions are open",
        [(r["rubric"], r["question"], r["kind_of_reason"], r["calls"]) for r in found["8"]],
        [(*key, n) for key, n in sorted(reasons.items(), key=lambda r: (-r[1], r[0]))[:20]],
    )
    same("answers that fail at once", len(found["9"]),
        sum(len(s["auto_failed_by"].split(",")) for s in scores if s["auto_failed_by"]))
    misses = defaultdict(set)
    for e in rows(folder, "evidence"):
        key = tuple(e[k] for k in ("call_id", "rubric", "rubric_version", "question"))
        if e["kind"] == "nearest_miss" and given[key] == "no":
            misses[e["rubric"], e["question"], e["quote"], e["note"]].add(e["call_id"])
    same("calls with a near miss", [r["calls"] for r in found["10"]],
        sorted(map(len, misses.values()), reverse=True)[:20])
    agents = [r for r in rows(folder, "agent_daily")]
    same("scored calls in agent_daily", sum(r["scored"] for r in found["18"]),
        len(scored))
    same("its rows add up", sum(r["scored"] for r in agents), sum(r["scored"] for r in found["18"]))
    questions = rows(folder, "question_daily")
    for answer in ("yes", "no"):
        same(f"`{answer}` in question_daily", sum(q[answer] for q in questions),
            sum(a["answer"] == answer for a in automatic))
    again = [c for c in rows(folder, "contacts") if c["led_to_repeat_7d"] is not None
             and c["direction"] in ("inbound", None) and not c["leg"]]
    same("calls that can be told to come back", sum(r["calls"] for r in found["11"]), len(again))
    same("calls that came back", sum(r["called_again"] for r in found["11"]),
        sum(c["led_to_repeat_7d"] for c in again))
    same("promises of agents", sum(r["promises"] for r in found["13"]),
        sum(p["party"] == "agent" for p in rows(folder, "promises")))
    same("calls by the hour", sum(r["calls"] for r in found["16"]), len(rows(folder, "calls")))
    return faults


def write(folder: Path, tables: dict[str, list[dict]]) -> None:
    """Rows of tables, `TABLE/date=DAY` each."""
    for name, found in tables.items():
        (folder / name).mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(found), folder / name / "part.parquet")


def check_made(macros: str, queries: dict[str, str]) -> list[str]:
    """Queries that count a call once per version of its form, or a recording once per run."""
    faults, database = [], duckdb.connect()
    score = {"rubric": "f", "status": "not_eligible", "verdict": None}
    failed = {"stage": "audio", "reason": "cut", "hint": "mend it"}
    with tempfile.TemporaryDirectory() as made:
        write(Path(made), {
            "calls/date=2026-01-02": [{"file": "passed later"}, {"file": "not copied"}],
            "scores/date=2026-01-02": [
                score | {"call_id": "a"},
                score | {"call_id": "a", "status": "scored", "verdict": "pass"},
                score | {"call_id": "b"},
                score | {"call_id": "b"},
            ],
            "failures/date=2026-01-02": [
                failed | {"file": "failed twice"},
                failed | {"file": "passed later"},
            ],
            "failures/date=2026-01-03": [
                failed | {"file": "failed twice"},
                failed | {"file": "not copied", "stage": "copy"},
            ],
        })
        database.execute(macros.replace("report/", f"{made}/"))
        for number, expected in [
            ("1", [("f", 2, 1, 1, 1, 0, 0)]),
            ("21", [("audio", "cut", 1, "mend it"), ("copy", "cut", 1, "mend it")]),
        ]:
            got = database.sql(queries[number]).fetchall()
            if got != expected:
                faults.append(f"{number}, of made rows: the query says {got} and not {expected}")
    return faults


def check_python(lines: str) -> list[str]:
    """Lines for other tools (but Spark, which is not here) that lose columns of newer files."""
    lines = "\n".join(line for line in lines.splitlines() if "spark" not in line)
    found, before = {}, os.getcwd()
    with tempfile.TemporaryDirectory() as made:
        write(Path(made) / "report", {
            "calls/date=2026-01-01": [{"old": 1}],
            "calls/date=2026-01-02": [{"old": 2, "new": True}],
        })
        os.chdir(made)
        exec(lines, found)
        os.chdir(before)
    return [
        f"{name} lacks columns or rows:\n{found[name]}"
        for name in ("in_pandas", "in_polars")
        if sorted(found[name].columns) != ["date", "new", "old"] or len(found[name]) != 2
    ]


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    database = duckdb.connect()
    faults: list[str] = []
    found: dict[str, list[dict]] = {}
    count = 0
    text = DOCUMENT.read_text(encoding="utf-8")
    (_, [macros]), *asked = sections(text)
    database.execute(macros.replace("report/", f"{folder}/"))
    for heading, queries in asked:
        number = heading.split(".", 1)[0]
        for query in queries:
            try:
                result = database.sql(query)
            except duckdb.Error as error:
                faults.append(f"{heading}: {error}")
                continue
            count += 1
            names = result.columns
            got = [dict(zip(names, row)) for row in result.fetchall()]
            found.setdefault(number, got)
            if not got and number not in MAY_BE_EMPTY:
                faults.append(f"{heading}: it finds no rows")
            print(f"  {heading}: {len(got)} rows")
    if count < FEWEST:
        faults.append(f"{count} queries only")
    if not faults:
        faults = check_results(folder, found)
        faults += check_made(macros, {name.split(".", 1)[0]: first for name, [first, *_] in asked})
        faults += check_python(re.search(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[1])
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
