"""Delimited text: what Python's csv module writes is read back, and damage costs what it touches and no more."""

from __future__ import annotations

import csv
import io
import itertools
import resource
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from include.formats import delimited
from include.formats.batches import LINE
from include.formats.delimited import Dialect, encoding_of, read, suspected_delimiter
from include.formats.findings import Unreadable

DELIMITERS = ",;\t|"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252")
MARKS = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}

Row = list[str | None]


@dataclass(frozen=True)
class Outcome:
    """What came of a file: rows with their lines, refused lines with their rule, or why nothing could be read."""

    rows: tuple[tuple[int, tuple[str | None, ...]], ...] = ()
    refused: tuple[tuple[int, str], ...] = ()
    unreadable: str | None = None

    @property
    def record_count(self) -> int:
        return len(self.rows) + len(self.refused)


def outcome(blocks: Iterable[bytes], dialect: Dialect, encoding: str | None = None) -> Outcome:
    rows: list[tuple[int, tuple[str | None, ...]]] = []
    refused: list[tuple[int, str]] = []
    try:
        for batch in read(blocks, dialect, encoding):
            for row in batch.frame.to_dicts():
                line = row.pop(LINE)
                rows.append((line, tuple(row.values())))
            refused += [(one.line, one.findings[0].rule) for one in batch.refused]
    except Unreadable as error:
        assert error.finding.message
        return Outcome(unreadable=error.finding.rule)
    return Outcome(tuple(rows), tuple(refused))


def exactly(content: bytes, dialect: Dialect, patch: pytest.MonkeyPatch) -> Outcome:
    """What the reader makes of a file when it never takes the quick way."""
    with patch.context() as slow:
        slow.setattr(delimited._Reader, "_parsed_whole", lambda self, text: None)
        return outcome([content], dialect)


def text_of(rows: Iterable[Row], **dialect: Any) -> str:
    text = io.StringIO()
    csv.writer(text, **dialect).writerows(rows)
    return text.getvalue()


def cut(content: bytes, places: Iterable[int]) -> list[bytes]:
    ends = sorted({0, *(place % (len(content) + 1) for place in places), len(content)})
    return [content[start:end] for start, end in itertools.pairwise(ends)] or [content]


def characters(encoding: str) -> st.SearchStrategy[str]:
    """Characters of an encoding; those that make trouble come often."""
    codec = "cp1252" if encoding == "windows-1252" else "utf-8"
    anything = st.characters(codec=codec, exclude_categories=("Cs",), exclude_characters="\ufeff\x00")
    return st.one_of(st.sampled_from("\",;\t|\n\r '#\\"), anything)


@st.composite
def tables(draw: st.DrawFn, encoding: str) -> tuple[list[str], list[Row]]:
    """A header and rows of text; an empty cell is nothing."""
    names = st.text(characters(encoding), min_size=1, max_size=6).filter(
        lambda name: name.strip() not in ("", LINE)
    )
    header = draw(st.lists(names, min_size=2, max_size=5, unique_by=str.strip))
    cell = st.text(characters(encoding), max_size=8).map(lambda text: text or None)
    row = st.lists(cell, min_size=len(header), max_size=len(header))
    return header, draw(st.lists(row, max_size=8))


@st.composite
def files(draw: st.DrawFn) -> tuple[list[str], list[Row], dict[str, Any], str]:
    """A table, how it is written, and in which encoding."""
    encoding = draw(st.sampled_from(ENCODINGS))
    header, rows = draw(tables(encoding))
    dialect = {
        "delimiter": draw(st.sampled_from(DELIMITERS)),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n"])),
    }
    if any("\r" in (cell or "") for cell in itertools.chain(header, *rows)):
        # Before Python 3.13 the csv module writes a carriage return without quotes where lines end with \n.
        dialect["quoting"] = csv.QUOTE_ALL
    return header, rows, dialect, encoding


def lines_of(header: list[str], rows: list[Row], dialect: dict[str, Any]) -> list[int]:
    """On which line each row begins."""
    lengths = [text_of([row], **dialect).count("\n") for row in [header, *rows]]
    return [1 + sum(lengths[: number + 1]) for number in range(len(rows))]


@given(files(), st.lists(st.integers(0, 10_000), max_size=6), st.sampled_from([24, 200, 8 * 1024 * 1024]))
@settings(max_examples=250, deadline=None)
def test_what_the_csv_module_writes_is_read_back_exactly(
    file: tuple[list[str], list[Row], dict[str, Any], str], places: list[int], stretch: int
) -> None:
    header, rows, dialect, encoding = file
    text = text_of([header, *rows], **dialect)
    content = (MARKS.get(encoding, "") + text).encode(encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "STRETCH_BYTES", max(stretch, len(text_of([header], **dialect).encode())))
        found_encoding = encoding_of(content[:4], [content], _candidates(encoding))
        found = outcome(cut(content, places), Dialect(delimiter=dialect["delimiter"]), found_encoding)
    expected = zip(lines_of(header, rows, dialect), map(tuple, rows), strict=True)
    assert found == Outcome(tuple((line, row) for line, row in expected if any(row) or len(row) > 1))


def _candidates(encoding: str) -> tuple[str, ...]:
    return ("windows-1252",) if encoding == "windows-1252" else ("utf-8", "windows-1252")


@given(tables("utf-8"), st.sampled_from(DELIMITERS), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
@example((["a", "b"], [['27" , black', "x"], ['he said "no" ', 'y"']]), ",", 2)
def test_blanks_around_padded_cells_are_no_content(
    table: tuple[list[str], list[Row]], delimiter: str, blanks: int
) -> None:
    header, rows = table
    quoted = [[f'"{cell}"' for cell in _doubled(row)] for row in [header, *rows]]
    content = (
        "\n".join((" " * blanks + delimiter + " " * blanks).join(row) for row in quoted).encode() + b"\n"
    )
    found = outcome([content], Dialect(delimiter=delimiter, is_padded=True))
    assume(not any("\t" in cell or "\r" in cell for row in quoted for cell in row))
    expected = [tuple((cell or "").strip() or None for cell in row) for row in rows]
    assert [row for _, row in found.rows] == expected
    assert found.refused == ()


def _doubled(row: Iterable[str | None]) -> list[str]:
    return [(cell or "").replace('"', '""') for cell in row]


@given(st.text('a1,"\n\r ;é\t', max_size=40), st.booleans(), st.sampled_from([16, 8 * 1024 * 1024]))
@settings(max_examples=600, deadline=None)
@example("1\n\n2\n", False, 8 * 1024 * 1024)
@example(",\n\n,,", True, 8 * 1024 * 1024)
@example('x\ry,1\n"a\rb",2\n', True, 8 * 1024 * 1024)
@example('"x"y,1\n3,4\n', True, 8 * 1024 * 1024)
@example('a",b\nc"d,e\n', True, 8 * 1024 * 1024)
@example('""1"",', True, 8 * 1024 * 1024)
@example(',"1"1""', True, 8 * 1024 * 1024)
@example('"1"1"1",', True, 8 * 1024 * 1024)
def test_the_quick_way_and_the_exact_way_say_the_same(body: str, is_two: bool, stretch: int) -> None:
    content = (("h,i\n" if is_two else "h\n") + body).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "STRETCH_BYTES", stretch)
        assert outcome([content], Dialect()) == exactly(content, Dialect(), patch)


@st.composite
def damages(draw: st.DrawFn) -> tuple[int, str, bytes]:
    """Where, and what: something put in, something taken out, the end cut off, a byte of another encoding."""
    kind = draw(st.sampled_from(["insert", "delete", "truncate", "replace"]))
    return (
        draw(st.integers(0, 100_000)),
        kind,
        draw(st.sampled_from([b'"', b",", b"\n", b"\r", b"\xff", b"\x00", b"x"])),
    )


def damaged(content: bytes, place: int, kind: str, what: bytes) -> bytes:
    place %= len(content)
    match kind:
        case "insert":
            return content[:place] + what + content[place:]
        case "delete":
            return content[:place] + content[place + 1 :]
        case "truncate":
            return content[:place]
        case _:
            return content[:place] + what + content[place + 1 :]


@given(st.integers(2, 30), st.integers(1, 5), damages(), st.sampled_from([32, 8 * 1024 * 1024]))
@settings(max_examples=400, deadline=None)
def test_damage_to_one_line_costs_no_other_line(
    height: int, width: int, damage: tuple[int, str, bytes], stretch: int
) -> None:
    lines = [
        b",".join(b"%d_%d" % (number, column) for column in range(width + 1)) for number in range(height)
    ]
    body = b"\n".join(lines) + b"\n"
    header = b",".join(b"c%d" % column for column in range(width + 1)) + b"\n"
    broken = damaged(body, *damage)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "STRETCH_BYTES", stretch)
        found = outcome([header, broken], Dialect())
    if found.unreadable:
        assert found.unreadable in {"cut_off", "encoding"}
        return
    read_back = {row for _, row in found.rows}
    for line in set(lines) & set(broken.split(b"\n")):
        assert tuple(line.decode().split(",")) in read_back


@given(tables("utf-8"), damages())
@settings(max_examples=400, deadline=None)
def test_what_a_strict_reader_finds_good_is_never_lost(
    table: tuple[list[str], list[Row]], damage: tuple[int, str, bytes]
) -> None:
    header = [f"c{number}" for number in range(len(table[0]))]
    body = text_of(table[1], quoting=csv.QUOTE_ALL, lineterminator="\n").encode()
    assume(body)
    broken = damaged(body, *damage)
    found = outcome([",".join(header).encode() + b"\n", broken], Dialect())
    good, is_whole = strictly_read(broken, len(header))
    if is_whole and found.unreadable is None:
        assert [row for _, row in found.rows] == good
        assert found.refused == ()
    elif found.unreadable is None:
        assert found.record_count >= len(good)


def strictly_read(content: bytes, width: int) -> tuple[list[tuple[str | None, ...]], bool]:
    """Records up to the first one that is wrong, by the csv module alone, and whether none is wrong."""
    good: list[tuple[str | None, ...]] = []
    try:
        for cells in csv.reader((line + "\n" for line in content.decode().split("\n")), strict=True):
            if not cells or (len(cells) == 1 and not cells[0].strip()):
                continue
            if len(cells) != width:
                return good, False
            good.append(tuple(cell or None for cell in cells))
    except (csv.Error, UnicodeDecodeError):
        return good, False
    return good, True


@given(st.binary(max_size=200), st.sampled_from(["utf-8", "utf-16-le", "windows-1252"]), st.booleans())
@settings(max_examples=400, deadline=None)
def test_no_bytes_at_all_raise_anything_but_unreadable(
    content: bytes, encoding: str, is_padded: bool
) -> None:
    outcome([content], Dialect(is_padded=is_padded), encoding)


def plain(height: int) -> bytes:
    """A header and rows ``1,2,3``; with the stretches of production one has room for 1.4 million."""
    return b"a,b,c\n" + b"1,2,3\n" * height


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99], ids=["early", "in the middle", "late"])
def test_one_quote_that_is_never_closed_costs_one_record_of_a_large_file(share: float) -> None:
    height = 1_450_000
    before = int(height * share)
    content = plain(before) + b'1,"2,3\n' + plain(height - before).partition(b"\n")[2]
    accepted, refused = 0, []
    for batch in read([content], Dialect()):
        accepted += batch.frame.height
        refused += [(one.line, one.findings[0].rule) for one in batch.refused]
    assert (accepted, refused) == (height, [(before + 2, "unclosed_quote")])


@pytest.mark.parametrize(
    ("good", "bad"), [(100_000, 1_000), pytest.param(1_000_000, 10_000, marks=pytest.mark.slow)]
)
def test_many_bad_records_among_very_many_good_ones(good: int, bad: int) -> None:
    lines = [b"%d,name %d,1.00" % (number, number) for number in range(good)]
    step = good // bad
    for number in range(bad):
        broken = (b"%d,too,many,fields", b"%d;another delimiter", b'%d,"stray"quote,1.00')[
            (number % 100 == 0 and 2) or number % 2
        ]
        lines[number * step + 7 % step] += b"\n" + broken % number
    content = b"id,name,price\n" + b"\n".join(lines) + b"\n"
    accepted, refused = 0, 0
    for batch in read([content], Dialect()):
        accepted += batch.frame.height
        refused += len(batch.refused)
    assert (accepted, refused) == (good, bad)


def endless(head: bytes, block: bytes, size: int) -> Iterator[bytes]:
    yield head
    for _ in range(size // len(block)):
        yield block


@pytest.mark.parametrize(
    ("head", "block", "place"),
    [
        (b"", b"x" * 1_048_576, "line 1"),
        (b"a,b\n1,2\n", b"x" * 1_048_576, "line 3"),
        (b'a,b\n1,"2\n', b"x\n" * 524_288, "line 2"),
    ],
    ids=["in the header", "in a record", "in quotes"],
)
@pytest.mark.parametrize("is_padded", [False, True], ids=["plain", "padded"])
def test_a_line_of_three_gigabytes_needs_no_memory_of_that_size(
    head: bytes, block: bytes, place: str, is_padded: bool
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Unreadable) as error:
        list(read(endless(head, block, 3 * 1024**3), Dialect(is_padded=is_padded)))
    assert error.value.finding.rule in {"record_too_long", "mostly_unreadable", "broken_quotes"}
    if head != b'a,b\n1,"2\n':
        assert error.value.finding.place == place
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (
        1 if sys.platform == "darwin" else 1024
    )
    assert grown < 200 * 1024**2


def test_short_lines_behind_an_unclosed_quote_take_no_time_that_grows_with_their_square() -> None:
    content = b"a,b\n" + b'1,"x\n' * 100 + b"1,2\n" * 400_000
    batches = list(read([content], Dialect()))
    assert sum(batch.frame.height for batch in batches) == 400_000
    assert sum(len(batch.refused) for batch in batches) == 100


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "empty_file"),
        (b"\n \n", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b",,\n1,2,3\n", "no_header"),
        (b"a,b,a\n1,2,3\n", "repeated_column"),
        (b"a, a\n1,2\n", "repeated_column"),
        (b"a,_line\n1,2\n", "reserved_column"),
        (b"a,b\x00\n1,2\n", "nul_character"),
        (b"a,\xff\n1,2\n", "encoding"),
        (b"a,b\r1,2\r3,4\r", "header"),
        (b"a,b\n1,2\n3", "cut_off"),
        (b'a,b\n1,2\n3,"4', "cut_off"),
    ],
)
def test_files_that_cannot_be_used_say_why(content: bytes, rule: str) -> None:
    assert outcome([content], Dialect()).unreadable == rule


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        (b"1", "field_count"),
        (b"1,2,3", "field_count"),
        (b'"1"2,3', "stray_quote"),
        (b"1,2\r3", "carriage_return"),
        (b"1,\xe9", "encoding"),
    ],
)
def test_a_bad_record_is_refused_with_its_line_and_its_neighbours_stay(record: bytes, rule: str) -> None:
    found = outcome([b"a,b\n1,2\n" + record + b"\n3,4\n"], Dialect())
    assert found == Outcome(rows=((2, ("1", "2")), (4, ("3", "4"))), refused=((3, rule),))


def test_columns_without_a_name_are_kept_under_one_of_their_own() -> None:
    (batch,) = read([b"a,,unnamed_2\n1,2,3\n"], Dialect())
    assert batch.frame.drop(LINE).to_dicts() == [{"a": "1", "unnamed_2_": "2", "unnamed_2": "3"}]


def test_a_file_in_no_expected_encoding_is_refused_with_the_place_of_the_first_wrong_byte() -> None:
    content = "a,b\n1,Ü\n".encode("cp1252")
    with pytest.raises(Unreadable) as error:
        encoding_of(content[:4], [content], ("utf-8", "ascii"))
    assert (error.value.finding.rule, error.value.finding.line) == ("encoding", 2)
    assert encoding_of(content[:4], [content[:5], content[5:]], ("utf-8", "windows-1252")) == "windows-1252"


def test_a_file_that_ends_within_a_character_is_cut_off() -> None:
    content = "a,b\n1,2\n".encode("utf-16")
    assert outcome([content[:-1]], Dialect(), "utf-16-le").unreadable == "cut_off"


def test_another_delimiter_is_suspected_where_it_cuts_the_header_into_more() -> None:
    assert suspected_delimiter("a;b;c,d", ",") == ";"
    assert suspected_delimiter("a,b", ",") is None
