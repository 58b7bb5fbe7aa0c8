"""Checks rubrics against docs/rubric.schema.json, as an editor does.

    python tests/schema.py

Every rubric of samples/rubrics/ and every whole rubric in the documents must fit. Mistakes that
the schema is there for must not. A fault ends it with exit 1.
"""

import copy
import json
import re
import sys
from pathlib import Path

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parent.parent


class Editor(yaml.SafeLoader):
    """YAML 1.2 as editors read it: `yes` and `no` are words, and a day is a text."""


Editor.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for first in "yYnNoO":
    Editor.yaml_implicit_resolvers[first] = []


def load(text: str):
    return yaml.load(text, Loader=Editor)


def rubrics() -> dict[str, dict]:
    found = {}
    for path in sorted((ROOT / "samples/rubrics").glob("*.yaml")):
        if not path.name.endswith(".test.yaml"):
            found[path.name] = load(path.read_text())
    found["explain.yaml"] = load((ROOT / "tests/golden/explain.yaml").read_text())
    for path in sorted((ROOT / "docs").glob("*.md")):
        for block in re.findall(r"^```yaml\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE):
            if block.startswith("rubric:") and "sections:" in block:
                found[f"{path.name}: {block.splitlines()[0]}"] = load(block)
    return found


def mistakes(good: dict) -> dict[str, dict]:
    """The same form with one thing wrong."""
    found = {}

    def wrong(what: str, change) -> None:
        form = copy.deepcopy(good)
        change(form)
        found[what] = form

    question = lambda form: form["sections"][0]["questions"][0]
    wrong("an unknown key", lambda f: question(f).update(wieght=1))
    wrong("no title", lambda f: f.pop("title"))
    wrong("an unknown answerer", lambda f: question(f).update(answered_by="robot"))
    wrong("a negative weight", lambda f: question(f).update(weight=-1))
    wrong("a score above 100", lambda f: f.update(pass_at=120))
    wrong("two rules in one", lambda f: question(f).update(yes_when={"all_of": [], "any_of": []}))
    said = {"said": {"by": "agent", "any": ["a"], "none": ["b"]}}
    wrong("any and none at once", lambda f: question(f).update(yes_when=said))
    first = {"said": {"by": "agent", "any": ["a"], "within": {"first": 30}}}
    wrong("a length without a unit", lambda f: question(f).update(yes_when=first))
    metric = {"metric": {"name": "longest_silence", "at_most": 3}}
    wrong("an unknown metric", lambda f: question(f).update(yes_when=metric))
    return found


def main() -> int:
    schema = json.loads((ROOT / "docs/rubric.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    faults = []
    good = rubrics()
    for name, form in good.items():
        for error in validator.iter_errors(form):
            faults.append(f"{name}: {error.json_path}: {error.message[:300]}")
    for what, form in mistakes(good["service-essentials.yaml"]).items():
        if validator.is_valid(form):
            faults.append(f"{what}: the schema takes it")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(good)} rubrics checked against the schema")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
