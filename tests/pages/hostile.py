"""Makes a centre whose every free text is hostile: what tests/pages/ puts on pages, to see that it
stays text. The calls are those of samples/programme, so that there is enough of everything.

    target/venv/bin/python tests/pages/hostile.py OUT

Writes tables, transcripts and a form into OUT, and `shown.txt`: texts that must be read on pages.
"""

import csv
import json
import re
import sys
from itertools import count, cycle
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
FORM = "service-essentials"
RUN = "window.hostileTextRan=true"
LONG = "W" * 200

# What a text might do where it is put into markup, a script, a style, an address or a template.
TEXTS = [
    f"<script>{RUN}</script>",
    f'"><img src=x onerror={RUN}>',
    f"' onmouseover='{RUN}' x='",
    f"javascript:{RUN}",
    f"</style></title></textarea><script>{RUN}</script>",
    f"]]><svg onload={RUN}>",
    "{{ 7*7 }}{% include 'x' %}{# gone #}${7*7}",
    "--><!-- &lt;b&gt; &amp;amp; &#x3c;",
    f"</script><script>{RUN}//",
    '<a href="http://pages.test/">there</a><base href="http://pages.test/">',
    "url(http://pages.test/x.png);}*{display:none",
    LONG,
    "👩🏽‍💻🇩🇪 ė́ ﷽ ﷽﷽",
    # Turn the direction of writing, break lines, steer terminals.
    "right\u202etfel\u2066\u2067",
    "two\u2028lines\u0085of\u200bit",
    "\\u003cscript\\u003e \\x3c %3Cscript%3E",
    "bell\x07\x1b[31mred",
]
# Characters that a page may show in a form of its own.
STEERING = set("\x00\x07\x1b\u202e\u2066\u2067\u2028\u0085\u200b")

shown = []


def show(text):
    if not STEERING & set(text):
        shown.append(text)
    return text


def hostile_names(names, what):
    """Each name with a hostile text behind it; `what` keeps the places apart."""
    texts = zip(sorted(names), count(1), cycle(TEXTS))
    return {name: show(f"{what} {number} {text}") for name, number, text in texts}


def read(path):
    with open(SAMPLES / path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def in_a_file_name(text):
    return text.replace("/", "|").encode()[:200].decode(errors="ignore")


def hostile_transcript(path, words):
    """Every eighth word is followed by a hostile one, which takes half of its time."""
    transcript = json.loads(path.read_text(encoding="utf-8"))
    spoken = 0
    for channel in transcript["channels"]:
        for segment in channel["segments"]:
            said = []
            for word in segment["words"]:
                said.append(word)
                spoken += 1
                middle = (word["start_ms"] + word["end_ms"]) // 2
                if spoken % 8 == 0 and middle > word["start_ms"]:
                    added = dict(word, start_ms=middle, text=next(words))
                    word["end_ms"] = middle
                    said.append(added)
            segment["words"] = said
    return transcript


def hostile_form():
    """The form with the same questions, phrases and answers, and other texts."""
    form = (SAMPLES / f"rubrics/{FORM}.yaml").read_text(encoding="utf-8")
    texts, numbers = cycle(TEXTS), count(1)

    def hostile(line):
        # In YAML a text may stand as in JSON.
        text = json.dumps(show(f"{line['key']} {next(numbers)} {next(texts)}"))
        return f"{line['before']}{line['key']}: {text}"

    return re.sub(r"(?m)^(?P<before>[ -]*)(?P<key>title|about|text|help): .*$", hostile, form)


def main(out):
    transcripts = out / "transcripts"
    transcripts.mkdir(parents=True)
    calls = read("programme/calls.csv")
    agents = hostile_names({call["agent"] for call in calls}, "agent")
    teams = hostile_names({call["team"] for call in calls}, "team")
    queues = hostile_names({call["queue"] for call in calls}, "queue")
    reasons = hostile_names({call["reason"] for call in calls}, "reason")
    ids = {}
    texts = cycle(TEXTS)
    # JSON can hold what a table cannot.
    words = cycle([text.replace(" ", "\u00a0") for text in TEXTS + ["nothing\0"]])
    for call in calls:
        old = call["call_id"]
        call["call_id"] = ids[old] = in_a_file_name(f"{old} {next(texts)}")
        call["file"] = f"recordings/{old} {next(texts)}.wav"
        call["agent"] = agents[call["agent"]]
        call["team"] = teams[call["team"]]
        call["queue"] = queues[call["queue"]]
        call["reason"] = reasons[call["reason"]]
        transcript = hostile_transcript(SAMPLES / f"programme/transcripts/{old}.json", words)
        with open(transcripts / f"{ids[old]}.json", "w", encoding="utf-8") as file:
            json.dump(transcript, file)
    # Some fail, so that their names are among the failures.
    for call in calls[:: len(calls) // len(TEXTS)]:
        broken = in_a_file_name(f"broken {call['call_id']}")
        failed = dict(call, call_id=broken, file=f"recordings/broken {call['file']}")
        calls.append(failed)
        (transcripts / f"{broken}.json").write_text("{}")
    write(out / "calls.csv", calls)

    ratings = [row for row in read("ratings.csv") if row["call_id"] in ids]
    # No page names raters or sessions.
    people = {row["rater"] for row in ratings} - {""} - set(agents)
    raters = dict(zip(sorted(people), TEXTS)) | agents | {"": ""}
    sessions = {row["session"] for row in ratings} - {""}
    sessions = dict(zip(sorted(sessions), cycle(TEXTS))) | {"": ""}
    for row in ratings:
        row["call_id"] = ids[row["call_id"]]
        row["rater"] = raters[row["rater"]]
        row["session"] = sessions[row["session"]]
        row["note"] = f"note {next(texts)}"
    write(out / "ratings.csv", ratings)
    notes = [
        {
            "agent": agent,
            "coached_on": "2026-02-02",
            "rubric": FORM,
            "question": "gave-name",
            "action": show(f"action {text}"),
            "coach": text,
            "follow_up_on": "2026-02-23",
        }
        for agent, text in zip(agents.values(), cycle(TEXTS))
        if "\u2028" not in agent  # In notes a break of a line is a blank.
    ]
    # YAML, too, since JSON is.
    (out / "coaching.yaml").write_text(json.dumps(notes, indent=1), encoding="utf-8")
    outcomes = [row for row in read("outcomes.csv") if row["call_id"] in ids]
    for row in outcomes:
        row["call_id"] = ids[row["call_id"]]
    write(out / "outcomes.csv", outcomes)
    (out / f"{FORM}.yaml").write_text(hostile_form(), encoding="utf-8")
    (out / "shown.txt").write_text("\n".join(shown) + "\n", encoding="utf-8")


main(Path(sys.argv[1]))
