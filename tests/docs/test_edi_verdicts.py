"""What the page of verdicts says of a file is what became of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.pages import edi_verdicts
from include.commands.parse import read_file
from tests.include.formats.edifact import edifact_documents
from tests.include.formats.x12 import x12_documents

ONE, OTHER = x12_documents.stock_set(), x12_documents.stock_set(number="0002")
SOUND = x12_documents.as_bytes(x12_documents.interchange(x12_documents.group(ONE, OTHER)))
CONTENTS = {
    "sound": (SOUND, edi_verdicts.CLEAN),
    "told": (b"\xef\xbb\xbf" + SOUND, edi_verdicts.REMARKS),
    "a set": (SOUND.replace(b"SE*7*0002", b"SE*8*0002"), edi_verdicts.PARTLY),
    "a record": (SOUND.replace(b"QTY*33*40*", b"QTY*33*4O*", 1), edi_verdicts.PARTLY),
    "the interchange": (SOUND.replace(b"IEA*1", b"IEA*2"), edi_verdicts.REFUSED),
    "another set": (SOUND.replace(b"ST*846", b"ST*830"), edi_verdicts.ENVELOPE),
    "a message": (edifact_documents.order_bytes(), edi_verdicts.CLEAN),
    "words": (b"nothing of the kind", edi_verdicts.NO_READER),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_file_gets_the_verdict_that_its_parts_got(name: str, tmp_path: Path) -> None:
    content, expected = CONTENTS[name]
    path = tmp_path / "file.edi"
    path.write_bytes(content)
    assert edi_verdicts.verdict(read_file(path)) == expected


def test_without_the_files_the_page_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAMLINE_SHARED", str(tmp_path))
    assert edi_verdicts.page() == edi_verdicts.FILE.read_text(encoding="utf-8")


def test_the_page_repeats_nothing_of_what_stands_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data" / "edi" / "some"
    folder.mkdir(parents=True)
    (folder / "bad|name.edi").write_bytes(SOUND.replace(b"QTY*33*40*", b"QTY*33*secret*", 1))
    monkeypatch.setenv("SEAMLINE_SHARED", str(tmp_path))
    page = edi_verdicts.page()
    assert "secret" not in page
    assert (
        "| bad\\|name.edi | 2 times 846 004010 | 14 | refused in part | `x12.invalid_character` (6), line 7,"
        in page
    )
