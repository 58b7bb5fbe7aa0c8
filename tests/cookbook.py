"""Runs every query of docs/cookbook.md on a report, as an analyst would, one after the other.

    python tests/cookbook.py DIR

DIR is the output folder of a run over the sample calls, of a release and of a calibration. Queries
are taken from the document as they stand, with `report/` replaced by DIR. Each must find rows, but
for those about what a good run has none of; some results are held against figures that are worked
out here in another way. A fault ends it with exit 1.
"""

import re
import sys
from math import sqrt
from pathlib import Path

import duckdb
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
        sum(record.get(key) != answer for key, answer in given.items()),
    )
    fails = [a for a in automatic if a["auto_fail"]]
    same("answers that fail at once", len(found["9"]), len(fails))
    agents = [r for r in rows(folder, "agent_daily")]
    same("scored calls in agent_daily", sum(r["scored"] for r in found["18"]),
        sum(s["status"] == "scored" for s in rows(folder, "scores")))
    same("its rows add up", sum(r["scored"] for r in agents), sum(r["scored"] for r in found["18"]))
    questions = rows(folder, "question_daily")
    for answer in ("yes", "no"):
        same(f"`{answer}` in question_daily", sum(q[answer] for q in questions),
            sum(a["answer"] == answer for a in automatic))
    again = [c for c in rows(folder, "contacts") if c["led_to_repeat_7d"] is not None
             and c["direction"] == "inbound"]
    same("calls that can be told to come back", sum(r["calls"] for r in found["11"]), len(again))
    same("calls that came back", sum(r["called_again"] for r in found["11"]),
        sum(c["led_to_repeat_7d"] for c in again))
    same("promises of agents", sum(r["promises"] for r in found["13"]),
        sum(p["party"] == "agent" for p in rows(folder, "promises")))
    same("calls by the hour", sum(r["calls"] for r in found["16"]), len(rows(folder, "calls")))
    return faults


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    database = duckdb.connect()
    faults: list[str] = []
    found: dict[str, list[dict]] = {}
    count = 0
    for heading, queries in sections(DOCUMENT.read_text(encoding="utf-8")):
        number = heading.split(".", 1)[0]
        for query in queries:
            for statement in query.replace("report/", f"{folder}/").split(";\n"):
                if not statement.strip():
                    continue
                try:
                    result = database.sql(statement)
                except duckdb.Error as error:
                    faults.append(f"{heading}: {error}")
                    continue
                if result is None:
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
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
