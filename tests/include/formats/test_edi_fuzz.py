"""Real and sample EDI files after changes that lines, disks, people and programs make to files.

Of every mutation is asked: no exception but the documented one, no hang, no broken envelope accepted in silence (by
the judgement of a second checker that shares nothing with the readers), and nothing of a file lost in silence: where
nothing is said about it, writing what was read gives its bytes again.

A run is the same every time: its number and seed make a mutation. It lasts a few seconds. For a longer one::

    SEAMLINE_FUZZ_SECONDS=3600 SEAMLINE_FUZZ_SEED=7 .venv/bin/python -m pytest -s tests/include/formats/test_edi_fuzz.py
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.formats import edifact, x12
from include.formats.edifact.characters import ENCODINGS, STATEFUL
from include.formats.findings import Unreadable
from include.formats.recognition import Format, recognize
from tests.include.formats.edifact import edifact_documents, edifact_second_opinion
from tests.include.formats.x12 import test_x12_real_files as x12_second_opinion
from tests.include.formats.x12 import x12_documents

PROJECT = Path(__file__).resolve().parents[3]
SECONDS = os.environ.get("SEAMLINE_FUZZ_SECONDS")
SEED = os.environ.get("SEAMLINE_FUZZ_SEED", "9735")
FEWEST, ROUNDS, MOST_SECONDS = 101, 1200, 6.0
# So long may a mutation of a file of some kilobytes take, on a machine that does other things too.
HANGS_AFTER = 20
LARGEST = 12_000

PIECES = {
    Format.EDIFACT: (
        b"'",
        b"+",
        b":",
        b"?",
        b"UNA:+.? '",
        b"UNB+",
        b"'UNH+",
        b"'UNT+1+1'",
        b"'UNE+1+1'",
        b"'UNZ+1+1'",
    ),
    Format.X12: (b"~", b"*", b"ISA*", b"~GS*", b"~ST*", b"~SE*1*1~", b"~GE*1*1~", b"~IEA*1*1~", b"TA1*"),
}
ANYWHERE = (
    b"\n",
    b"\r\n",
    b"\r",
    b" ",
    b"\x00",
    b"\xff",
    b"\x01",
    b"\x1a",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"\x1b$B",
)
ENVELOPE = re.compile(rb"(?:UN[BGHTEZ]|ISA|GS|ST|SE|GE|IEA)[^0-9A-Za-z]")

TRAILER = re.compile(rb".?(?:UNT|UNE|UNZ|SE|GE|IEA)[^0-9A-Za-z]", re.DOTALL)


@pytest.fixture(scope="module")
def files() -> dict[Format, list[bytes]]:
    """Sound files of each standard: the real ones, those of our own samples, and some that were written here."""
    found: dict[Format, list[bytes]] = {Format.EDIFACT: [], Format.X12: []}
    folders = (edifact_documents.REAL_FILES, PROJECT / "tests" / "samples")
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    for content in (path.read_bytes() for path in paths if path.stat().st_size < LARGEST):
        kind = recognize(content)
        if kind in found and is_sound(content, kind):
            found[kind].append(content)
    for version in (3, 4):
        found[Format.EDIFACT].append(edifact_documents.order_bytes(syntax_version=version))
    found[Format.X12].append(x12_documents.stock_bytes())
    return found


def is_sound(content: bytes, kind: Format) -> bool:
    """The second opinion on an envelope."""
    return (
        edifact_second_opinion.is_sound(content)
        if kind is Format.EDIFACT
        else x12_second_opinion.is_sound(content)
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Format.EDIFACT, Format.X12])
def test_changed_files_are_never_accepted_in_silence(files: dict[Format, list[bytes]], kind: Format) -> None:
    assert files[kind]
    length = float(SECONDS) / 2 if SECONDS else MOST_SECONDS
    rounds, begin = 0, time.monotonic()
    while rounds < FEWEST or (time.monotonic() < begin + length and (SECONDS or rounds < ROUNDS)):
        dice = random.Random(f"{SEED}-{kind}-{rounds}")
        content = mutated(dice.choice(files[kind]), kind, dice)
        with hanging_is_an_error():
            try:
                EXAMINATIONS[kind](content)
            except Exception as error:
                raise AssertionError(
                    f"SEAMLINE_FUZZ_SEED={SEED}, {kind}, round {rounds}: {content!r}"
                ) from error
        rounds += 1
    print(f"{kind}: {rounds:,} changed files in {time.monotonic() - begin:.0f} seconds")


@settings(max_examples=60, deadline=None)
@given(edifact_documents.sound_interchanges(), st.integers(0, 2**32))
def test_changed_interchanges_with_any_separators_break_nothing(drawn: tuple, seed: int) -> None:
    segments, marks = drawn
    dice = random.Random(seed)
    with hanging_is_an_error():
        examine_edifact(mutated(edifact_documents.as_bytes(segments, marks), Format.EDIFACT, dice))


def test_the_second_opinion_is_no_rubber_stamp() -> None:
    good = edifact_documents.order_bytes()
    assert edifact_second_opinion.is_sound(good)
    for old, new in (
        (b"UNT+17", b"UNT+18"),
        (b"UNZ+1+77", b"UNZ+1+78"),
        (b"UNZ+1", b"UNZ+0"),
        (b"UNT+17+1'", b""),
    ):
        assert not edifact_second_opinion.is_sound(good.replace(old, new))


@contextmanager
def hanging_is_an_error() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"still reading after {HANGS_AFTER} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANGS_AFTER)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# What becomes of a file.


def mutated(content: bytes, kind: Format, dice: random.Random) -> bytes:
    """The file after one to three changes."""
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        change = dice.choice(
            (_bytes_changed, _bytes_changed, _segments_changed, _segments_changed, _number_changed)
        )
        content = change(content, kind, dice)
    return content


def _bytes_changed(content: bytes, kind: Format, dice: random.Random) -> bytes:
    place, length = dice.randrange(len(content) + 1), dice.choice((1, 1, 1, 2, 5, 40))
    other = dice.randrange(len(content) + 1)
    match dice.randrange(8):
        case 0:
            flipped = bytes([content[place] ^ 1 << dice.randrange(8)]) if place < len(content) else b""
            return content[:place] + flipped + content[place + 1 :]
        case 1:
            return content[:place] + bytes([dice.randrange(256)]) + content[place + 1 :]
        case 2:
            return content[:place] + content[place + length :]
        case 3:
            return content[:place] + content[other : other + length] + content[place:]
        case 4:
            return content[:place] + content[place : place + length][::-1] + content[place + length :]
        case 5:
            return content[:place] if dice.randrange(2) else content[place:]
        case 6:
            return content + content[place : place + 200]
        case _:
            return content[:place] + dice.choice(PIECES[kind] + ANYWHERE) + content[place:]


def _segments_changed(content: bytes, kind: Format, dice: random.Random) -> bytes:
    """Segments lost, said twice, exchanged, or put where they do not belong; most of all those of envelopes."""
    mark = _terminator(content, kind)
    lines = content.split(mark)
    envelope = [number for number, line in enumerate(lines) if ENVELOPE.match(line.lstrip(b"\r\n"))]
    pool = envelope if envelope and dice.randrange(2) else range(len(lines))
    one, other = dice.choice(pool), dice.randrange(len(lines))
    match dice.randrange(5):
        case 0:
            del lines[one]
        case 1:
            lines.insert(one, lines[one])
        case 2:
            lines[one], lines[other] = lines[other], lines[one]
        case 3:
            lines.insert(other, lines.pop(one))
        case _:
            begin, end = sorted((one, other))
            lines[begin:begin] = lines[begin:end]
    return mark.join(lines)


def _number_changed(content: bytes, kind: Format, dice: random.Random) -> bytes:
    """Another count, number or date; most of all in segments of envelopes."""
    numbers = list(re.finditer(rb"[0-9]+", content))
    trailers = [
        each
        for each in numbers
        if re.search(rb"(?:UNT|UNE|UNZ|SE|GE|IEA)[^0-9A-Za-z]$", content[: each.start()])
    ]
    pool = trailers if trailers and dice.randrange(2) else numbers
    if not pool:
        return content
    found = dice.choice(pool)
    value = int(found[0])
    wide = len(found[0])
    other = dice.choice(
        (
            str(value + 1),
            str(max(value - 1, 0)),
            str(value).zfill(wide + 1),
            "0" * wide,
            "9" * 30,
            "-1",
            "1.0",
            " ",
            "",
        )
    )
    return content[: found.start()] + other.encode() + content[found.end() :]


def _terminator(content: bytes, kind: Format) -> bytes:
    if kind is Format.X12:
        return content[105:106] or b"~"
    return content[8:9] if content.startswith(b"UNA") and len(content) > 8 else b"'"


# What is asked of a file.


def examine_edifact(content: bytes) -> None:
    try:
        events = list(edifact.read([content]))
    except Unreadable:
        assert not edifact_second_opinion.is_sound(content), "sound, and called unreadable"
        return
    said = [each for event in events for each in event.findings]
    begins = [event for event in events if isinstance(event, edifact.Interchange)]
    if len(begins) == 1 and edifact_second_opinion.can_judge(begins[0].separators):
        is_told = any(each.is_fatal or each.rule in edifact_second_opinion.REMARKED for each in said)
        assert is_told or edifact_second_opinion.is_sound(content), (
            "a broken envelope was accepted in silence"
        )
    if len(begins) == 1 and not said:
        # Characters that are shifted to can be written in several ways: they are compared as what they mean.
        is_shifted = begins[0].segment.value(1) == STATEFUL
        shown = content.decode(ENCODINGS[STATEFUL]).encode() if is_shifted else content
        again = edifact.write(
            edifact.envelope_segments(iter(events)), begins[0].separators, begins[0].encoding
        )
        mark = begins[0].separators.segment
        assert _bare(again, mark) == _bare(shown, mark), "something of it was lost in silence"
    tables, taken = edifact.RecordTables(), 0
    for event in events:
        if isinstance(event, edifact.Message):
            edifact.document(event)
            edifact.summary(event)
            if event.is_accepted and event.definition is not None:
                taken += not tables.add(event)
        elif isinstance(event, edifact.InterchangeEnd) and edifact.is_to_be_acknowledged(event):
            answer = edifact.write(edifact.acknowledgement(event, "1"))
            assert answer.startswith(b"UNH+1+CONTRL:")
    assert tables.height == taken


def examine_x12(content: bytes) -> None:
    reading = x12_second_opinion.READING
    x12_second_opinion.assert_safe(content)
    try:
        events = list(x12.read([content], reading))
    except Unreadable:
        return
    said = [each for event in events for each in getattr(event, "findings", ())]
    begins = [event for event in events if isinstance(event, x12.Interchange)]
    # That a set is read as an envelope only says nothing of its bytes.
    if len(begins) == 1 and not {each.rule for each in said} - {"x12.set_not_described"}:
        again = x12.write(x12.envelope_segments(iter(events)), begins[0].separators, "latin-1")
        assert x12_second_opinion.bare(again) == x12_second_opinion.bare(content), (
            "something of it was lost in silence"
        )


def _bare(content: bytes, mark: bytes) -> bytes:
    """Without white space around segments and line breaks in them, which are no data."""
    around = rb"[\r\n\t ]*" + re.escape(mark) + rb"[\r\n\t ]*"
    return re.sub(around, lambda _: mark, content.strip(b"\r\n\t ")).translate(None, b"\r\n")


EXAMINATIONS: dict[Format, Callable[[bytes], None]] = {
    Format.EDIFACT: examine_edifact,
    Format.X12: examine_x12,
}
