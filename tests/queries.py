"""Runs every example query of docs/report-schema.md on a report, as an analyst would.

    python tests/queries.py DIR

DIR is the output folder of a run over the sample calls, of a release and of a calibration. Each
query is taken from the document as it stands, with `report/` replaced by DIR, and run in DuckDB.
All tables are read with pyarrow, too, and their columns compared with those of the document. Keys
must be unique, and what `callibrate export parquet` made of the tables in DIR/export/merged must
have the same rows. Files
that earlier versions of the schema wrote (tests/golden/tables-*) are read together with those of
DIR. A query that fails, a query without rows (but for the table of failures, which a good run
leaves empty), a column that is not as documented or one of another type than before ends it with
exit 1.
"""

import re
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "report-schema.md"
EARLIER = Path(__file__).resolve().parent / "golden"

# The tables that may be empty. They still have a file with their columns.
MAY_BE_EMPTY = {"failures", "obstacles"}

# Tables that a report has only once there is something to tell.
MAY_BE_MISSING = {"forgotten"}

ARROW = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
}


def queries(text: str) -> list[str]:
    return re.findall(r"^```sql\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def tables(text: str) -> dict[str, list[tuple[str, str, bool]]]:
    """Columns by table: name, type, whether it may be null."""
    found = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        name = section.split("\n", 1)[0].strip()
        rows = re.findall(r"^\| `(\w+)` \| ([A-Z ]+) \| (yes|no) \|", section, re.MULTILINE)
        found[name] = [(column, kind, null == "yes") for column, kind, null in rows]
    return found


def keys(text: str) -> dict[str, list[str]]:
    """The columns that tell a row from every other, by table; the date first where it tells."""
    found = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        line = re.search(r"^- Key: (.*)$", section, re.MULTILINE)
        found[section.split("\n", 1)[0].strip()] = re.findall(r"`(\w+)`", line[1]) if line else []
    return found


def check_key(folder: Path, name: str, key: list[str]) -> list[str]:
    """Whether the key tells every row of a table from every other."""
    if not key:
        return [f"{name}: the document names no key"]
    files = f"{folder}/{name}/date=*/*.parquet"
    if (folder / name / "part.parquet").is_file():
        files = f"{folder}/{name}/part.parquet"
    elif not any((folder / name).glob("date=*/*.parquet")):
        return []
    columns = ", ".join(key)
    twice = duckdb.sql(
        f"""SELECT {columns}, count(*) FROM read_parquet('{files}', hive_partitioning = true,
            union_by_name = true) GROUP BY {columns} HAVING count(*) > 1 LIMIT 1"""
    ).fetchall()
    return [f"{name}: two rows share the key {row}" for row in twice]


def check_query(query: str, folder: Path) -> str | None:
    """What is wrong with a query on this report, if anything."""
    table = re.search(r"report/(?:calibration/)?(\w+)/", query)
    if table is None:
        return "it reads no table of the report"
    if table[1] in MAY_BE_MISSING and not (folder / table[1]).exists():
        return None
    try:
        rows = duckdb.sql(query.replace("report/", f"{folder}/")).fetchall()
    except duckdb.Error as error:
        return str(error)
    if not rows and table[1] not in MAY_BE_EMPTY:
        return "it finds no rows"
    print(f"  {table[1]}: {len(rows)} rows")
    return None


def check_file(path: Path, columns: list[tuple[str, str, bool]]) -> list[str]:
    """How one file differs from what the document says of its table."""
    # A plain file, so that pyarrow does not add the folder's date as a column.
    table = pq.ParquetFile(path).read()
    found = [(field.name, field.type) for field in table.schema]
    stated = [(name, ARROW[kind]) for name, kind, _ in columns]
    if found != stated:
        return [f"{path}: has {found}, the document {stated}"]
    return [
        f"{path}: {name} is null, which it must never be"
        for name, _, nullable in columns
        if not nullable and table[name].null_count > 0
    ]


def check_table(folder: Path, name: str, columns: list[tuple[str, str, bool]]) -> list[str]:
    # A table of calibration is one file, replaced as a whole.
    whole_file = folder / name / "part.parquet"
    if whole_file.is_file():
        faults = check_file(whole_file, columns)
        rows = pq.ParquetFile(whole_file).metadata.num_rows
        if rows == 0 and name not in MAY_BE_EMPTY:
            faults.append(f"{whole_file}: there are no rows")
        print(f"  {name}: {rows} rows")
        return faults
    files = sorted(folder.glob(f"{name}/date=*/part.parquet"))
    if not files and name in MAY_BE_MISSING:
        print(f"  {name}: not there")
        return []
    if not files:
        return [f"{folder / name}: there are no files"]
    faults = [fault for path in files for fault in check_file(path, columns)]
    # As one table, with the date from the folders' names.
    whole = pq.read_table(folder / name, partitioning="hive")
    if "date" not in whole.column_names:
        faults.append(f"{folder / name}: there is no date in the folders' names")
    if whole.num_rows == 0 and name not in MAY_BE_EMPTY:
        faults.append(f"{folder / name}: there are no rows")
    print(f"  {name}: {whole.num_rows} rows in {len(files)} files")
    return faults


def check_earlier(folder: Path, name: str, earlier: Path) -> list[str]:
    """Whether a file of an earlier version and those of now are one table, read by name.

    Its columns keep their types there; those that came later are null in its rows.
    """
    files = sorted(folder.glob(f"{name}/date=*/part.parquet")) or [folder / name / "part.parquet"]

    def read(paths: list[Path]) -> duckdb.DuckDBPyRelation:
        names = [str(path) for path in paths]
        return duckdb.read_parquet(names, union_by_name=True, hive_partitioning=False)

    try:
        old, new, both = read([earlier]), read(files), read([earlier, *files])
        counts = [len(relation.fetchall()) for relation in (old, new, both)]
    except duckdb.Error as error:
        return [f"{earlier}: {error}"]
    faults = []
    if counts[2] != counts[0] + counts[1]:
        faults.append(f"{earlier}: {counts[0]} rows and {counts[1]} make {counts[2]}")
    types = dict(zip(both.columns, both.types))
    for column, kind in zip(old.columns, old.types):
        if types[column] != kind:
            faults.append(f"{earlier}: {column} is {kind}, and with newer files {types[column]}")
    if set(types) != set(old.columns) | set(new.columns):
        faults.append(f"{earlier}: together with newer files it has the columns {list(types)}")
    return faults


def check_merged(folder: Path, name: str) -> list[str]:
    """How the one file of a table differs from the files that it was made from."""
    merged = folder / "export" / "merged" / f"{name.replace('/', '_')}.parquet"
    parts = [str(path) for path in sorted(folder.glob(f"{name}/**/part.parquet"))]
    if not parts:
        return []
    if not merged.is_file():
        return [f"{merged}: there is no such file"]
    one = duckdb.read_parquet(str(merged))
    apart = duckdb.read_parquet(parts, union_by_name=True, hive_partitioning=True)
    if sorted(zip(one.columns, one.types)) != sorted(zip(apart.columns, apart.types)):
        return [f"{merged}: has {list(zip(one.columns, one.types))}"]
    apart = apart.project(", ".join(f'"{column}"' for column in one.columns))
    if len(one) != len(apart):
        return [f"{merged}: has {len(one)} rows for {len(apart)}"]
    # Rows are told apart by their key.
    differing = len(one.except_(apart))
    return [f"{merged}: {differing} rows differ"] if differing else []


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    text = DOCUMENT.read_text(encoding="utf-8")
    faults = []

    documented = tables(text)
    print(f"{len(documented)} tables, read with pyarrow {pa.__version__}")
    for name, columns in documented.items():
        faults += check_table(folder, name, columns)
        faults += check_merged(folder, name)

    for name, key in keys(text).items():
        faults += check_key(folder, name, key)
    print(f"{len(keys(text))} keys, each unique")

    earlier = sorted(EARLIER.glob("tables-*/**/*.parquet"))
    print(f"{len(earlier)} files of earlier versions, read beside those of now")
    for path in earlier:
        name = str(path.relative_to(EARLIER).with_suffix("")).split("/", 1)[1]
        faults += check_earlier(folder, name, path)
    if not earlier:
        faults.append(f"{EARLIER}: there are no tables of earlier versions")

    examples = queries(text)
    print(f"{len(examples)} queries, run with DuckDB {duckdb.__version__}")
    for query in examples:
        fault = check_query(query, folder)
        if fault is not None:
            faults.append(f"{fault}\n{query}")
    if len(examples) <= len(documented):
        faults.append("the document lacks a query for each table and one for all")

    for fault in faults:
        print(f"\nerror: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
