#!/usr/bin/env python3
"""Read made examples aloud: recordings of several examples each, and when which value was said.

Standard input has the examples, as `cargo bench --bench redaction -- --voices` prints them; into
the folder go call-NN.wav and truth.jsonl. Voices, telephone band and files are those of
../make_samples.py; README.md says how it goes on from here.
"""
import argparse
import json
import sys
import zlib
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import make_samples as samples

SEED = 20261126
EXAMPLES = 6  # in one call
APART_S = 20.0  # between two of them, so that one tells nothing about the next
VOICES = [("slt", "rms"), ("rms", "slt_hts"), ("awb", "slt"), ("slt_hts", "awb")]  # agent, customer


def turns(example):
    """(start, end, side, segment number, text) of each segment, in order."""
    found = []
    for side, channel in enumerate(example["transcript"]["channels"]):
        for number, segment in enumerate(channel["segments"]):
            text = " ".join(word["text"] for word in segment["words"])
            found.append((segment["start_ms"] / 1000, segment["end_ms"] / 1000, side, number, text))
    return sorted(found)


def lay_out(examples, voices, said):
    """The layout, and the utterances by example, side and segment."""
    layout, placed = samples.Layout(), {}
    for number, example in enumerate(examples):
        until = 0.0
        for start, end, side, segment, text in turns(example):
            floor = layout.end()
            gap = start - until if until else (APART_S if number else 0.5)
            at = max(floor + gap, layout.end(side) + 0.1)
            utterance = samples.Placed(side, at, said[voices[side], text], text, text)
            layout.turns.append(utterance)
            placed[example["id"], side, segment] = utterance
            until = max(until, end)
    return layout, placed


def truths(example, placed):
    for truth in example["truth"]:
        utterance = placed[example["id"], truth["channel"], truth["segment"]]
        texts = utterance.text.split()
        words = []
        for number, word in enumerate(truth["words"], truth["first"]):
            start, end = (samples.ms(utterance.start + t) for t in utterance.said.words[number])
            words.append({"text": texts[number], "start_ms": start, "end_ms": end, **word})
        kept = {key: truth[key] for key in ("entity", "kind", "channel")}
        yield {"example": example["id"], **kept, "words": words}


def main():
    parser = argparse.ArgumentParser(description="Read made examples aloud.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    examples = [json.loads(line) for line in sys.stdin]
    order = np.random.default_rng(SEED).permutation(len(examples))
    calls = [[examples[i] for i in order[at : at + EXAMPLES]] for at in range(0, len(order), EXAMPLES)]
    voices = [VOICES[number % len(VOICES)] for number in range(len(calls))]
    lines = [(v[side], text) for call, v in zip(calls, voices) for e in call for _, _, side, _, text in turns(e)]
    said = samples.speak(lines)
    with open(out / "truth.jsonl", "w", encoding="utf-8") as file:
        for number, (call, v) in enumerate(zip(calls, voices)):
            name = f"call-{number:02}"
            rng = np.random.default_rng([SEED, zlib.crc32(name.encode())])
            layout, placed = lay_out(call, v, said)
            samples.write_wav(out / f"{name}.wav", samples.render(name, layout, rng), "mulaw")
            line = {
                "call": name,
                "names": [n for e in call for n in e["names"]],
                "truth": [t for e in call for t in truths(e, placed)],
            }
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
    print(f"{len(calls)} calls of {len(examples)} examples")


if __name__ == "__main__":
    main()
