#!/usr/bin/env python3
"""Make the sample calls: recordings, calls.csv and reference transcripts.

dialogues.json says who says what. Here it is spoken by free synthesiser voices (flite, Festival),
laid out in time as people talk, sent through a telephone band and written as a recorder would.
The same version of the tools gives the same bytes. README.md says what is in each call.

Left out on purpose: accents, emotion, rooms and codecs of mobile networks. The calls show what the
program does with a conversation; they do not measure how well it hears people.
"""
import argparse
import csv
import difflib
import json
import re
import struct
import subprocess
import tempfile
import wave
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soxr
from scipy.signal import butter, sosfilt

HERE = Path(__file__).resolve().parent
SEED = 20260302
RATE = 8000
BAND = butter(4, [250, 3500], "bandpass", fs=RATE, output="sos")
MOST_BYTES = 20_000_000

AGENT, CUSTOMER = 0, 1
SIDES = {"agent": AGENT, "customer": CUSTOMER}
FLITE = ("slt", "rms", "awb")
FESTIVAL = {"slt_hts": "voice_cmu_us_slt_arctic_hts"}
FLITE_LIBS = [f"-lflite_{x}" for x in ("cmu_us_slt", "cmu_us_rms", "cmu_us_awb", "usenglish", "cmulex")]

BEFORE_S, AFTER_S = 0.04, 0.06  # kept around what the synthesiser calls speech, with a fade
PAUSE_S = 0.3  # a longer pause ends a stretch of speech
BACK_CHANNELS = {"Okay."}

PLAIN_FORMAT = "mulaw"
FORMATS = {"balance-no-id": "pcm16", "collections-bad": "alaw"}
MONO = {"lamp-silence"}
AGENT_RIGHT = {"refund-desk", "cancel-phone", "email-third"}
CUT_IN = {"parcel-promise": "Michael,"}  # the recording starts in the middle of this word
NOISY = {("debt-second", "March 9th, 1972.")}  # line noise as loud as the voice
IVR = {"bill-hold": ("slt_hts", "Thank you for calling Union Gas. This call may be recorded for quality purposes.")}

VOICEMAIL = {
    "name": "voicemail",
    "agent": "alan.reid",
    "customer": "cu-1002",
    "agent_voice": "awb",
    "customer_voice": "slt_hts",
    "turns": [
        {"speaker": "customer", "how": "",
         "text": "Hello, you have reached Linda Harris. Please leave a message after the beep."},
        {"speaker": "agent", "how": "!",
         "text": "Hello Linda, this is Alan from Brightline Internet. I'm calling to make sure it works."},
        {"speaker": "agent", "how": "",
         "text": "I will call you again tomorrow morning. Thank you for your patience. Have a good day."},
    ],
}

TEAMS = {"sarah.mills": "harbour", "emma.price": "harbour", "michael.chen": "lakeside", "alan.reid": "lakeside"}
# call, started_at (local), queue, direction, first_communication, customer_name, reason, acw_s;
# without acw_s the phone system's times are missing altogether
CALLS = [
    ("card-lost", "2026-03-03T17:24:10", "cards", "inbound", "", "Robert Ellis", "card_lost", 48),
    ("bill-hold", "2026-03-04T14:08:31", "billing", "inbound", "", "", "bill_too_high", 35),
    ("balance-no-id", "2026-03-05T11:47:02", "accounts", "inbound", "", "Peter Walker", "balance", 22),
    ("outage-rushed", "2026-03-06T10:12:45", "technical", "inbound", "", "Linda Harris", "internet_down", None),
    ("outage-again", "2026-03-09T09:31:20", "technical", "inbound", "", "Linda Harris", "internet_down", 74),
    ("voicemail", "2026-03-10T14:05:53", "technical", "outbound", "", "Linda Harris", "internet_down", 15),
    ("parcel-promise", "2026-03-12T16:20:08", "parcels", "inbound", "", "", "parcel_missing", None),
    ("refund-desk", "2026-03-13T11:20:37", "orders", "inbound", "", "", "damaged_item", 41),
    ("late-fee-argument", "2026-03-16T15:33:14", "billing", "inbound", "", "", "late_fee", 90),
    ("son-calls", "2026-03-17T10:26:49", "accounts", "inbound", "", "Helen Foster", "balance", 63),
    ("lamp-silence", "2026-03-17T15:02:26", "orders", "inbound", "", "", "address_change", 12),
    ("transfer-around", "2026-03-18T13:41:55", "appointments", "inbound", "", "Daniel Brooks", "appointment_change", 30),
    ("collections-bad", "2026-03-19T17:12:03", "collections", "outbound", "true", "Kevin Foster", "debt", 10),
    ("email-third", "2026-03-24T11:05:40", "billing", "outbound", "", "Turner", "invoice_wrong", 56),
    ("collections-good", "2026-03-25T10:05:17", "collections", "outbound", "true", "Carter", "debt", 81),
    ("claim-warm", "2026-03-26T14:22:09", "claims", "inbound", "", "George Bennett", "death_claim", 105),
    ("cancel-phone", "2026-03-27T12:40:28", "retention", "inbound", "", "", "cancel_contract", 44),
    ("pay-keypad", "2026-03-30T13:18:34", "payments", "inbound", "", "Nancy Cooper", "pay_bill", 18),
    ("card-payment", "2026-04-01T09:14:12", "payments", "inbound", "", "", "pay_bill", 26),
    ("debt-second", "2026-04-03T16:47:51", "collections", "outbound", "false", "Carter", "debt", 52),
]


@dataclass
class Utterance:
    """What one voice said. Times are seconds from the first sound to the last."""

    sound: np.ndarray  # 8 kHz, telephone band, active level 0 dB, starts BEFORE_S early
    words: list  # (start, end) of each word of `spoken`
    spans: list  # (start, end) of speech, parted at pauses over PAUSE_S

    @property
    def length(self):
        return self.spans[-1][1]


@dataclass
class Placed:
    """An utterance in the recording."""

    side: int
    start: float
    said: Utterance
    text: str
    spoken: str
    gain_db: float = 0.0


@dataclass
class Layout:
    """Who speaks when, in seconds from the start of the recording."""

    turns: list = field(default_factory=list)
    tones: list = field(default_factory=list)  # (side, start, samples)
    hold_s: int = 0

    def end(self, side=None):
        return max((p.start + p.said.length for p in self.turns if side in (None, p.side)), default=0.0)


# ---------------------------------------------------------------- speaking


def flite(lines, folder):
    """{(voice, text): (samples, rate, words, pauses)} for flite's voices."""
    subprocess.run(["cc", "-O2", HERE / "flite_say.c", "-o", folder / "say", *FLITE_LIBS, "-lflite", "-lm"], check=True)
    said = {}
    for voice, text in lines:
        out = subprocess.run([folder / "say", folder / "raw", voice, text], capture_output=True, text=True, check=True)
        rate, words, pauses = out.stdout.splitlines()
        times = [[x.split(":")[:2] for x in line.split()] for line in (words, pauses)]
        sound = np.fromfile(folder / "raw", np.int16)
        said[voice, text] = (sound, int(rate), *(np.array(x, float) for x in times))
    return said


FESTIVAL_SAY = """
(set! u (utt.synth (Utterance Text "{text}")))
(utt.save.wave u "{wav}" 'riff)
(mapcar (lambda (w) (format t "{i} w %f %f %s\\n" (item.feat w 'word_start) (item.feat w 'word_end)
                            (item.feat w "R:Token.p.name"))) (utt.relation.items u 'Word))
(mapcar (lambda (s) (if (string-equal (item.name s) "pau")
                        (format t "{i} p %f %f -\\n" (item.feat s "p.end") (item.feat s 'end))))
        (utt.relation.items u 'Segment))
"""


def festival(lines, folder):
    """The same for Festival's voices."""
    script = ""
    for i, (voice, text) in enumerate(lines):
        script += f"({FESTIVAL[voice]})" + FESTIVAL_SAY.format(text=text, wav=folder / f"{i}.wav", i=i)
    (folder / "say.scm").write_text(script)
    out = subprocess.run(["festival", "-b", folder / "say.scm"], capture_output=True, text=True, check=True)
    words, pauses = [[] for _ in lines], [[] for _ in lines]
    for line in out.stdout.splitlines():
        i, kind, start, end, before = line.split()
        if kind == "p":
            pauses[int(i)].append((float(start), float(end)))
        elif before == "0":  # the first word of its token
            words[int(i)].append([float(start), float(end)])
        else:  # the sound of 's is often counted with the word before it already, and then has no times
            words[int(i)][-1][1] = max(words[int(i)][-1][1], float(end))
    said = {}
    for i, line in enumerate(lines):
        with wave.open(str(folder / f"{i}.wav")) as f:
            sound, rate = np.frombuffer(f.readframes(f.getnframes()), "<i2"), f.getframerate()
        said[line] = (sound, rate, np.array(words[i]), np.array(pauses[i]))
    return said


def utterance(sound, rate, words, pauses):
    """From the synthesiser's sound to the telephone's, counted from the first word on."""
    first, last = words[0][0], words[-1][1]
    inner = [p for p in pauses if first < p[0] and p[1] < last and p[1] - p[0] > PAUSE_S]
    edges = [first, *np.ravel(inner), last]
    spans = [(edges[i] - first, edges[i + 1] - first) for i in range(0, len(edges), 2)]

    y = sosfilt(BAND, soxr.resample(sound.astype(np.float64) / 32768, rate, RATE))
    y = y[max(0, round((first - BEFORE_S) * RATE)) : round((last + AFTER_S) * RATE)]
    fade = np.linspace(0, 1, RATE // 100)
    y[: len(fade)] *= fade
    y[-len(fade) :] *= fade[::-1]
    active = np.abs(y) > 0.01 * np.abs(y).max()
    y /= np.sqrt((y[active] ** 2).mean())
    return Utterance(y, [(a - first, b - first) for a, b in words], spans)


def speak(lines):
    """{(voice, text): Utterance} for all (voice, text) pairs."""
    lines = sorted(set(lines))
    with tempfile.TemporaryDirectory() as folder:
        said = flite([x for x in lines if x[0] in FLITE], Path(folder))
        said |= festival([x for x in lines if x[0] in FESTIVAL], Path(folder))
    for (voice, text), (_, _, words, _) in said.items():
        times = words.ravel()
        assert len(words) == len(text.split()), f"{voice} did not say each word of {text!r}"
        assert (times[1:] >= times[:-1]).all() and (words[:, 1] > words[:, 0]).all(), f"bad times in {text!r}"
    return {line: utterance(*parts) for line, parts in said.items()}


# ---------------------------------------------------------------- tones


def at_level(y, level_db):
    return y * 10 ** (level_db / 20) / np.sqrt((y**2).mean())


def seconds(length):
    return np.arange(round(length * RATE)) / RATE


def beep():
    return at_level(np.sin(2 * np.pi * 1000 * seconds(0.5)), -20)


def ringing():
    t = seconds(1.5)
    return at_level(np.sin(2 * np.pi * 440 * t) + np.sin(2 * np.pi * 480 * t), -24)


def hold_music(length, rng):
    """A plain tune of plucked notes with six partials each, over two slow bass notes."""
    tune = [0, 4, 7, 12, 11, 7, 4, 7, 5, 9, 12, 9, 7, 4, 2, -1]
    t = seconds(length)
    y, at, shift = np.zeros(len(t)), 0.0, int(rng.integers(len(tune)))
    for n in range(int(length / 0.4)):
        rest = t[t >= at] - at
        f = 262 * 2 ** (tune[(n + shift) % len(tune)] / 12)
        for h in range(1, 7):
            y[len(t) - len(rest) :] += np.sin(2 * np.pi * f * h * rest) * np.exp(-rest * (2.5 + h)) / h
        at += 0.4
    bass = np.where(t % 6.4 < 3.2, 131, 175)
    y += 0.15 * sum(np.sin(2 * np.pi * np.cumsum(bass) * h / RATE) / h for h in (2, 3, 4))
    edge = np.minimum(1, np.minimum(t, length - t) / 0.3)
    return at_level(sosfilt(BAND, y * edge), -26)


def faint_noise(count, level_db, rng):
    """What a quiet line sounds like: it comes after the telephone's filter and so knows no band."""
    return at_level(rng.standard_normal(count), level_db)


def line_noise(count, level_db, rng):
    return at_level(sosfilt(BAND, rng.standard_normal(count)), level_db)


# ---------------------------------------------------------------- layout


def start_of(how, said, side, layout, rng, text):
    """When a turn starts, and the tones that its mark puts ahead of it."""
    floor = layout.end()
    kind, length = how[:1], int(how[1:] or 0)
    if kind == "<":
        before = layout.turns[-1]
        most = before.said.length - 1.2  # an interruption needs somebody who had the floor
        overlap = min(rng.uniform(0.5, 0.85), max(0.45, most))
        if text in BACK_CHANNELS:  # lies inside the other's words
            overlap = said.length + 0.45
        return max(before.start + before.said.length - overlap, layout.end(side) + 0.12)
    if kind == "^":
        return floor + length
    if kind == "~":
        layout.tones.append((AGENT, floor + 0.5, hold_music(length, rng)))
        layout.hold_s += length
        return floor + 0.5 + length + 0.4
    if kind == "!":
        layout.tones.append((CUSTOMER, floor + 0.7, beep()))
        return floor + 0.7 + 0.5 + 0.7
    if not layout.turns:
        return rng.uniform(0.3, 0.6)
    same = layout.turns[-1].side == side
    return floor + (rng.uniform(0.35, 0.6) if same else rng.uniform(0.18, 0.5))


def lay_out(call, said, rng):
    layout = Layout()
    name = call["name"]
    if name in IVR:
        layout.turns.append(Placed(AGENT, 0.5, said[IVR[name]], IVR[name][1], IVR[name][1]))
        ring = ringing()
        layout.tones.append((AGENT, layout.end() + 0.5, ring))
        after_ring = layout.end() + 0.5 + len(ring) / RATE + 0.5
    for number, turn in enumerate(call["turns"]):
        side, text = SIDES[turn["speaker"]], turn["text"]
        spoken = turn.get("spoken", text)
        u = said[call[turn["speaker"] + "_voice"], spoken]
        start = start_of(turn["how"], u, side, layout, rng, text)
        if number == 0 and name in IVR:
            start = after_ring
        if number == 0 and name in CUT_IN:
            start = -sum(u.words[text.split().index(CUT_IN[name])]) / 2
        layout.turns.append(Placed(side, start, u, text, spoken, rng.uniform(-1, 1)))
    return layout


def add(channel, start, sound):
    """Adds sound at a time in seconds; what lies before the recording is lost."""
    first = round(start * RATE)
    sound = sound[max(0, -first) :]
    first = max(0, first)
    channel[first : first + len(sound)] += sound


def render(name, layout, rng):
    """Both sides as float samples, one row each."""
    count = round((layout.end() + rng.uniform(0.5, 0.8)) * RATE)
    level = [rng.uniform(-23, -20), rng.uniform(-24, -21)]
    sides = np.stack([faint_noise(count, rng.uniform(*db), rng) for db in ((-64, -60), (-61, -57))])
    for p in layout.turns:
        add(sides[p.side], p.start - BEFORE_S, p.said.sound * 10 ** ((level[p.side] + p.gain_db) / 20))
        if (name, p.text) in NOISY:
            hiss = line_noise(round((p.said.length + 1.0) * RATE), level[p.side] + p.gain_db, rng)
            add(sides[p.side], p.start - 0.5, hiss)
    for side, start, sound in layout.tones:
        add(sides[side], start, sound)
    return sides


# ---------------------------------------------------------------- files


def mulaw_value(code):
    code = ~code & 0xFF
    size = (((code & 0x0F) << 3) + 0x84 << ((code >> 4) & 7)) - 0x84
    return -size if code & 0x80 else size


def alaw_value(code):
    code ^= 0x55
    exponent, size = (code >> 4) & 7, ((code & 0x0F) << 4) + 8
    size = size + 0x100 << exponent - 1 if exponent else size
    return size if code & 0x80 else -size


def compress(samples, value):
    """G.711 codes of samples in -1 to 1, and the 16-bit values that they stand for."""
    levels, codes = np.unique([value(code) for code in range(256)], return_index=True)
    nearest = np.searchsorted((levels[1:] + levels[:-1]) / 2, samples * 32768)
    return codes[nearest].astype(np.uint8), levels[nearest].astype("<i2")


def write_wav(path, channels, kind):
    """kind: mulaw, alaw, or pcm16 (a line that was mu-law, stored as its 16-bit values)."""
    frames = np.ascontiguousarray(channels.T).ravel()
    codes, values = compress(frames, alaw_value if kind == "alaw" else mulaw_value)
    tag, data = {"pcm16": (1, values), "alaw": (6, codes), "mulaw": (7, codes)}[kind]
    count, wide = len(channels), data.itemsize
    fmt = struct.pack("<HHIIHH", tag, count, RATE, RATE * count * wide, count * wide, 8 * wide)
    chunks = [(b"fmt ", fmt if tag == 1 else fmt + b"\0\0")]
    if tag != 1:
        chunks.append((b"fact", struct.pack("<I", channels.shape[1])))
    chunks.append((b"data", data.tobytes()))
    body = b"".join(k + struct.pack("<I", len(v)) + v + b"\0" * (len(v) % 2) for k, v in chunks)
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body)


def bare(word):
    return re.sub(r"[^a-z0-9]", "", word.lower())


def spoken_words(token):
    """How many words a written token is spoken as, where its form alone tells."""
    if re.match(r"[ap]\.m\.", token):
        return 2
    if ordinal := re.match(r"(\d+)(st|nd|rd|th)\b", token):
        n = int(ordinal[1])
        return 2 if n > 20 and n % 10 else 1
    if re.fullmatch(r"\d\d?[.,]?", token):
        return 1
    return 2 if re.match(r"\d\d?:\d\d", token) else None


def shares(tokens, count):
    """Parts `count` spoken words among tokens; those of open length get equal shares."""
    known = [spoken_words(t) for t in tokens]
    if len(tokens) == 1:
        return [count]
    rest = count - sum(k or 0 for k in known)
    share, left = divmod(rest, known.count(None) or 1)
    assert left == 0 and share >= 0, f"cannot align {tokens} with {count} words"
    return [share if k is None else k for k in known]


def align(text, spoken):
    """For each word of `text` the (first, last) words of `spoken` that it stands for."""
    a, b = text.split(), spoken.split()
    matcher = difflib.SequenceMatcher(None, [bare(x) for x in a], [bare(x) for x in b], autojunk=False)
    pairs = []
    for op, a0, a1, b0, b1 in matcher.get_opcodes():
        counts = [1] * (a1 - a0) if op == "equal" else shares(a[a0:a1], b1 - b0)
        for count in counts:
            assert count > 0, f"nothing spoken for a word of {text!r}"
            pairs.append((b0, b0 + count - 1))
            b0 += count
    return pairs


def ms(t):
    return max(0, round(t * 1000))


def segment(p):
    """A turn as a segment of the transcript; words that began before the recording are lost."""
    words = []
    for text, (first, last) in zip(p.text.split(), align(p.text, p.spoken), strict=True):
        start, end = p.start + p.said.words[first][0], p.start + p.said.words[last][1]
        if start >= 0:
            words.append({"text": text, "start_ms": ms(start), "end_ms": ms(end), "prob": 1.0})
    return {"start_ms": ms(p.start), "end_ms": ms(p.start + p.said.length), "words": words}


def speech(turns):
    """Where these turns have sound, joined across pauses of PAUSE_S or less."""
    spans = []
    for start, end in sorted((ms(p.start + a), ms(p.start + b)) for p in turns for a, b in p.said.spans):
        if end == 0:
            continue
        if spans and start - spans[-1]["end_ms"] <= PAUSE_S * 1000:
            spans[-1]["end_ms"] = max(spans[-1]["end_ms"], end)
        else:
            spans.append({"start_ms": start, "end_ms": end})
    return spans


def reference(layout, channel_sides, samples, kind):
    """The transcript a perfect recogniser would give, in callibrate's own format."""
    channels = []
    for sides in channel_sides:
        turns = sorted((p for p in layout.turns if p.side in sides), key=lambda p: p.start)
        channels.append({"speech": speech(turns), "segments": [segment(p) for p in turns]})
    codec = {"mulaw": "pcm_mulaw", "alaw": "pcm_alaw", "pcm16": "pcm_s16le"}[kind]
    return {
        "format": "callibrate-transcript/1",
        "audio": {"codec": codec, "sample_rate_hz": RATE, "recorded_ms": samples * 1000 // RATE,
                  "truncated": False, "dual_mono": False},
        "recogniser": {"engine": "reference", "model": "dialogues", "word_times": True},
        "language": "en",
        "channels": channels,
    }


def row(meta, call, layout, recorded_s):
    name, started, queue, direction, first, customer_name, reason, acw = meta
    channel = "right" if name in AGENT_RIGHT else "left"
    known = acw is not None
    return {
        "call_id": name, "file": f"calls/{name}.wav", "agent": call["agent"], "team": TEAMS[call["agent"]],
        "queue": queue, "customer": call["customer"], "started_at": started,
        "agent_channel": "" if name in MONO else channel, "direction": direction, "first_communication": first,
        "customer_name": customer_name, "language": "en", "reason": reason, "timezone": "America/New_York",
        "disclosure_by_ivr": "true" if name in IVR else "false",
        "talk_s": round(recorded_s) - layout.hold_s if known else "", "hold_s": layout.hold_s if known else "",
        "acw_s": acw if known else "",
    }


def make(meta, call, said, out):
    """Writes one call's recording and reference; returns its row of calls.csv."""
    name = call["name"]
    rng = np.random.default_rng([SEED, zlib.crc32(name.encode())])
    layout = lay_out(call, said, rng)
    sides = render(name, layout, rng)
    order = [{CUSTOMER}, {AGENT}] if name in AGENT_RIGHT else [{AGENT}, {CUSTOMER}]
    if name in MONO:
        order = [{AGENT, CUSTOMER}]
    channels = np.stack([sum(sides[s] for s in sorted(group)) for group in order])
    kind = FORMATS.get(name, PLAIN_FORMAT)
    write_wav(out / "calls" / f"{name}.wav", channels, kind)
    transcript = reference(layout, order, channels.shape[1], kind)
    (out / "reference" / f"{name}.json").write_text(json.dumps(transcript, separators=(",", ":")) + "\n")
    return row(meta, call, layout, channels.shape[1] / RATE)


def main():
    parser = argparse.ArgumentParser(description="Make the sample calls.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to (default: beside this script)")
    out = parser.parse_args().out
    for folder in ("calls", "reference"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    calls = {c["name"]: c for c in [*json.loads((HERE / "dialogues.json").read_text()), VOICEMAIL]}
    assert sorted(calls) == sorted(meta[0] for meta in CALLS)
    lines = [(c[t["speaker"] + "_voice"], t.get("spoken", t["text"])) for c in calls.values() for t in c["turns"]]
    said = speak([*lines, *IVR.values()])
    rows = [make(meta, calls[meta[0]], said, out) for meta in CALLS]
    with open(out / "calls.csv", "w", newline="", encoding="utf-8") as f:
        table = csv.DictWriter(f, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    total = sum((out / r["file"]).stat().st_size for r in rows)
    print(f"{len(rows)} calls, {total:,} bytes of audio")
    assert total <= MOST_BYTES, "the recordings are too large"


if __name__ == "__main__":
    main()
