"""``parse`` on real files, on samples and on everything else that lies about."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path

import pytest
from conftest import PROJECT, Answer, Seamline

from include.commands.parse import MOST_FINDINGS

SAMPLES = PROJECT / "tests" / "samples"
EDIFACT = b"UNA:+.? 'UNB+UNOA:1+US+THEM+260101:1000+1'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNZ+1+1'"


def only(answer: Answer) -> dict:
    """The one file of a ``--json`` answer."""
    (found,) = answer.document["files"]
    return found


def rules(found: dict) -> set[str]:
    return {finding["rule"] for finding in found["findings"]}


@pytest.fixture
def parsed(seamline: Seamline, tmp_path: Path):
    """Parses bytes as a file: exit code and what was said of it."""

    def parse(content: bytes, name: str = "file") -> tuple[int, dict]:
        path = tmp_path / name
        path.write_bytes(content)
        answer = seamline("parse", path, "--json")
        return answer.code, only(answer)

    return parse


def test_a_table_of_real_products(seamline: Seamline, shared: Path):
    path = shared / "data/product-csvs/shopify_apparel.csv"
    answer = seamline("parse", path, "--json")
    found = only(answer)
    assert answer.code == 0
    assert (found["format"], found["delimiter"], found["encoding"], found["records"]) == (
        "delimited",
        ",",
        "utf-8",
        22,
    )
    assert len(found["columns"]) == 46
    assert found["size_bytes"] == path.stat().st_size
    assert found["findings"] == found["not_checked"] == []


@pytest.mark.parametrize(
    ("pattern", "formats", "code"),
    [
        ("product-csvs/*.csv", {"delimited"}, 0),
        ("olist/*.csv", {"delimited"}, 0),
        ("er-febrl/*.csv", {"delimited"}, 0),
        ("seeds-dbt_shopify/*.csv", {"delimited"}, 0),
        ("payloads-shopify-rest/*.json", {"json"}, 0),
        ("payloads-unicommerce-oms/*.json", {"json"}, 0),
        ("payloads-bigcommerce-webhooks/*.json", {"json", "empty"}, 1),
        ("icecat-xml/*.xml", {"xml"}, 0),
        ("online-retail/*.parquet", {"parquet"}, 0),
        ("completejourney/*.parquet", {"parquet"}, 0),
    ],
)
def test_real_files_are_what_they_are(seamline: Seamline, shared: Path, pattern, formats, code):
    answer = seamline("parse", *sorted((shared / "data").glob(pattern)), "--json")
    assert answer.code == code
    assert {found["format"] for found in answer.document["files"]} == formats


def test_every_real_edi_file_is_told(seamline: Seamline, shared: Path):
    files = sorted(
        path for path in (shared / "data/edi").rglob("*") if path.is_file() and path.suffix != ".csv"
    )
    answer = seamline("parse", *files, "--json")
    found = answer.document["files"]
    assert len(found) == len(files) == 208
    assert {one["format"] for one in found} == {"x12", "edifact", "tradacoms"}
    for one in found:
        if one["format"] == "x12":
            sets = [s for i in one["interchanges"] for g in i["groups"] for s in g["sets"]]
            assert one["is_readable"]
            is_empty = not any(i["groups"] for i in one["interchanges"])
            assert sets or one["findings"] or is_empty, one["file"]
            assert bool(one["not_checked"]) == any(not s["is_checked"] for s in sets), (
                "what is not checked is said"
            )
            assert not any(s["is_accepted"] for s in sets if not s["is_checked"]), (
                "nobody accepted what nobody checked"
            )
        assert one["findings"] or one["is_readable"], one["file"]


def test_a_described_set_is_checked_to_the_last_element(seamline: Seamline):
    answer = seamline("parse", SAMPLES / "warehouse_edi/stock/bad_quantity.edi", "--json")
    found = only(answer)
    assert answer.code == 1
    assert found["not_checked"] == []
    (finding,) = found["findings"]
    assert finding["place"].startswith("line ")
    assert finding["field"].startswith("QTY")


def test_the_text_says_the_place_the_rule_and_what_was_not_checked(seamline: Seamline, shared: Path):
    path = shared / "data/edi/edifabric/X12__DuplicateGroup.txt"
    lines = seamline("parse", path).out.splitlines()
    assert lines[0] == f"{path}: x12, 929 bytes"
    assert any(line.startswith("line 19, segment 19 of the file (GS), element 06") for line in lines)
    assert not any(line != line.rstrip() for line in lines)


def test_what_has_no_description_is_not_passed_off_as_checked(parsed):
    isa = b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*U*00401*000000001*0*P*>~"
    code, found = parsed(
        isa + b"GS*ZZ*A*B*20260101*1200*1*X*004010~ST*ZZ9*0001~SE*2*0001~GE*1*1~IEA*1*000000001~"
    )
    assert code == 1
    assert "x12.set_not_supported" in rules(found)
    assert found["not_checked"][0].startswith("1 transaction set ZZ9: not described here")


def test_several_files_are_told_one_by_one_and_the_worst_decides(seamline: Seamline, tmp_path: Path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.json"
    good.write_text("a,b\n1,2\n")
    bad.write_text('{"a": 1')
    assert seamline("parse", good, good).code == 0
    assert seamline("parse", good, bad).code == 1
    answer = seamline("parse", good, bad, tmp_path / "none.csv", "--json")
    assert answer.code == 2
    assert [found["format"] for found in answer.document["files"]] == ["delimited", "json", ""]


@pytest.mark.parametrize(
    ("content", "rule", "place"),
    [
        (b"", "empty_file", None),
        (b" \r\n\t", "empty_file", None),
        (b"a,b\n1,2\n1,2,3\n4,5\n", "field_count", "line 3"),
        (b"a,a\n1,2\n", "repeated_column", None),
        (b'a,b\n1,"2\n', None, None),
        (b'{"a": 1', "cut_off", "the document, line 1, column 8, offset 7"),
        (b'{"a": 1, "a": 2}', None, None),
        (b"[" * 100_000, "too_deep", "the document"),
        (b"<a><b></a>", "xml_syntax", "line 1, column 9"),
        (b"<a>", "xml_syntax", "line 1, column 4"),
        (b'<?xml version="1.0" encoding="martian"?><a/>', "xml_syntax", None),
        (b"PAR1 and then nothing", "cut_off", None),
        (b"PK\x03\x04 and then nothing", "not_zip", None),
        (b"\x1f\x8b and then nothing", "not_gzip", None),
        (b"ISA*00*~", "x12.isa_unreadable", "line 1, segment 1 of the file (ISA)"),
    ],
)
def test_a_broken_file_is_a_finding_with_its_place(parsed, content, rule, place):
    code, found = parsed(content)
    assert code == 1
    assert found["is_readable"]
    assert found["finding_count"] >= 1
    assert rule is None or rule in rules(found)
    assert place is None or found["findings"][0]["place"] == place


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (EDIFACT.replace(b"UNA:+.? '", b"STX=ANA:1+"), "tradacoms", "TRADACOMS"),
        (b"only words\nof a letter", "text", "no known structure"),
        (bytes(range(256)) * 10, "binary", "Ask the sender"),
    ],
)
def test_without_a_reader_it_says_what_it_recognized_and_that_nothing_was_checked(
    parsed, content, kind, words
):
    code, found = parsed(content)
    assert code == 2
    assert found["format"] == kind
    assert not found["is_readable"]
    assert rules(found) == {"no_reader"}
    assert words in found["findings"][0]["message"]


def test_a_workbook_is_recognized(parsed):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
    code, found = parsed(made.getvalue())
    assert (code, found["format"]) == (2, "xlsx")
    assert "Save the sheet as CSV" in found["findings"][0]["message"]


def test_a_compressed_file_is_told_by_what_is_inside(parsed):
    code, found = parsed(gzip.compress(b"a;b\n1;2\n1;2;3\n"))
    assert code == 1
    assert (found["format"], found["holds"], found["unpacked_bytes"]) == ("gzip", "delimited", 14)
    assert (found["records"], found["delimiter"]) == (2, ";")
    assert found["findings"][0]["place"] == "line 3"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("../../climbing.json", '[{"a": 1}]')
    code, found = parsed(made.getvalue())
    assert (code, found["holds"], found["records"]) == (0, "json", 1)


def test_what_unfolds_without_end_is_refused_soon(parsed):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * (60 * 1024 * 1024))
    code, found = parsed(made.getvalue())
    assert code == 1
    assert rules(found) == {"compression_bomb"}
    code, found = parsed(gzip.compress(gzip.compress(b"a,b\n")))
    assert code == 2
    assert "What is inside is gzip" in found["findings"][0]["message"]


def test_xml_with_entities_is_refused_and_a_mere_document_type_is_not(parsed, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("do not read me")
    for entities in (
        b'<!ENTITY a "ha"><!ENTITY b "&a;&a;">',
        f'<!ENTITY b SYSTEM "{secret.as_uri()}">'.encode(),
        b'<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;',
    ):
        code, found = parsed(b"<!DOCTYPE list [" + entities + b"]><list>&b;</list>")
        assert code == 1
        assert rules(found) == {"forbidden_xml"}
        assert "do not read me" not in str(found)
    code, found = parsed(b'<!DOCTYPE list SYSTEM "http://127.0.0.1:1/list.dtd"><list><item/><item/></list>')
    assert code == 0
    assert (found["root"], found["elements"], found["below_root"]) == ("list", 3, {"item": 2})
    assert "well-formed" in found["not_checked"][0]


def test_a_damaged_page_of_a_parquet_file_is_found(seamline: Seamline, shared: Path, tmp_path: Path):
    whole = bytearray((shared / "data/completejourney/campaigns.parquet").read_bytes())
    whole[200:2000] = bytes(1800)
    path = tmp_path / "damaged.parquet"
    path.write_bytes(whole)
    answer = seamline("parse", path, "--json")
    assert answer.code == 1
    assert rules(only(answer)) == {"parquet"}


def test_the_encoding_is_told_by_the_whole_file(parsed):
    code, found = parsed(b"sku,text\n" + b"1,plain\n" * 20_000 + b"2,caf\xe9\n")
    assert (code, found["encoding"], found["records"]) == (0, "cp1252", 20_001)
    code, found = parsed("sku,text\n1,café\n".encode("utf-16"))
    assert (code, found["encoding"], found["records"]) == (0, "utf-16-le", 1)


def test_many_findings_are_counted_and_some_are_kept(seamline: Seamline, tmp_path: Path):
    path = tmp_path / "many.csv"
    path.write_text("a,b\n" + "1,2\n" * 600 + "1,2,3\n" * 500)
    found = only(seamline("parse", path, "--json"))
    assert (found["finding_count"], len(found["findings"])) == (500, MOST_FINDINGS)
    assert "… and 300 findings more." in seamline("parse", path).out


def test_what_is_no_file_cannot_be_read_and_does_not_hang(seamline: Seamline, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "nowhere", tmp_path / "none", "/dev/zero", ""):
        answer = seamline("parse", path, "--json")
        assert answer.code == 2
        assert rules(only(answer)) == {"cannot_open"}
    assert "It is a folder" in seamline("parse", tmp_path).out


def test_a_file_that_may_not_be_read(seamline: Seamline, monkeypatch: pytest.MonkeyPatch):
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("SEAMLINE_LOCAL", folder)
        path = Path(folder) / "closed.csv"
        path.write_text("a,b\n1,2\n")
        assert seamline("parse", path).code == 0
        path.chmod(0)
        # The superuser may read everything, so somebody else has to try.
        user = os.geteuid()
        os.seteuid(user or 65534)
        try:
            answer = seamline("parse", path)
        finally:
            os.seteuid(user)
    assert answer.code == 2
    assert "It cannot be opened: Permission denied." in answer.out


def test_a_name_that_is_no_text(script, tmp_path: Path):
    path = os.fsencode(tmp_path) + b"/n\xffme.csv"
    with open(path, "wb") as file:
        file.write(b"a,b\n1,2\n")
    command = [str(PROJECT / "seamline").encode(), b"parse", path]
    for encoding in ("C.UTF-8", "en_US.UTF-8", "C"):
        environment = {**os.environ, "LC_ALL": encoding}
        found = subprocess.run(command, capture_output=True, check=False, env=environment)
        assert (found.returncode, found.stderr) == (0, b"")
        assert rb"n\udcffme.csv" in found.stdout


def test_standard_input(script):
    found = script("parse", "-", "--json", input=gzip.compress(b"a,b\n1,2\n"))
    assert found.returncode == 0
    assert b'"file": "standard input"' in found.stdout
    assert b'"records": 1' in found.stdout


def test_what_stands_in_a_file_cannot_steer_the_terminal(seamline: Seamline, tmp_path: Path):
    path = tmp_path / "evil\x1b[2J.csv"
    path.write_text("a\x1b]0;title\x07b,c\n1,2\n[bold],:apple:,3\n")
    answer = seamline("parse", path)
    assert "\x1b" not in answer.out
    assert "evil\\x1b[2J.csv" in answer.out


def test_a_large_file_needs_no_more_memory_than_a_small_one(tmp_path: Path, bare_environment):
    small, _ = peak_mebibytes(rows_of_stock(tmp_path / "small.csv", blocks=60))
    large, printed = peak_mebibytes(rows_of_stock(tmp_path / "large.csv", blocks=200))
    assert '"records": 8000000' in printed
    assert large < 300, f"228 MB of file took {large} MB of memory"
    assert large - small < 32, f"228 MB of file took {large} MB of memory, 69 MB of file took {small} MB"


def rows_of_stock(path: Path, blocks: int) -> Path:
    with path.open("wb") as file:
        file.write(b"sku,price,text\n")
        for _ in range(blocks):
            file.write(b"A-100,12.50,something to wear\n" * 40_000)
    return path


def peak_mebibytes(path: Path) -> tuple[int, str]:
    """The most memory that the reading of a file ever needed, and what was printed."""
    # Not ru_maxrss, which a new process has from the one that started it.
    look = (
        "import re, sys; from pathlib import Path; from include.commands.__main__ import main; "
        "code = main(['parse', sys.argv[1], '--json']); "
        "peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]; "
        "print(code, int(peak) // 1024, file=sys.stderr)"
    )
    found = subprocess.run(
        [str(PROJECT / ".venv/bin/python"), "-c", look, str(path)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=True,
    )
    code, mebibytes = map(int, found.stderr.split())
    assert code == 0
    return mebibytes, found.stdout


def test_cut_and_changed_files_never_break_it(seamline: Seamline, tmp_path: Path):
    """Every sample, cut in the middle and with bytes changed: always an answer."""
    paths = []
    for number, sample in enumerate(sorted(p for p in SAMPLES.rglob("*.*") if p.stat().st_size < 20_000)):
        content = sample.read_bytes()
        middle = len(content) // 2
        mutants = (content[:middle], content[middle:], content[:middle] + b"\xff\x00" + content[middle + 1 :])
        for place, mutant in enumerate(mutants):
            paths.append(tmp_path / f"{number}-{place}{sample.suffix}")
            paths[-1].write_bytes(mutant)
    answer = seamline("parse", *paths, "--json")
    assert len(answer.document["files"]) == len(paths) > 300
