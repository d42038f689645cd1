from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.formats.compressed import BLOCK_BYTES, Compression, decompressed
from include.formats.findings import Unreadable

CONTENT = b"Handle,Title\n" + b"ocean-blue-shirt,Ocean Blue Shirt\n" * 500


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def packed(content: bytes, compression: Compression) -> bytes:
    return gzip.compress(content) if compression is Compression.GZIP else zipped({"catalog.csv": content})


def rule_of(data: bytes, compression: Compression, **limits: float) -> str:
    with pytest.raises(Unreadable) as refused:
        for _ in decompressed(cut(data, 50_000), compression, **limits):
            pass
    return refused.value.finding.rule


@settings(max_examples=40)
@given(st.binary(max_size=3_000), st.integers(1, 400), st.sampled_from(Compression))
def test_what_was_packed_comes_out_however_it_is_cut(content: bytes, size: int, kind: Compression) -> None:
    assert b"".join(decompressed(cut(packed(content, kind), size), kind)) == content


@settings(max_examples=20)
@given(st.lists(st.binary(max_size=500), min_size=1, max_size=4), st.integers(1, 100))
def test_gzip_streams_one_after_another_are_one_file(parts: list[bytes], size: int) -> None:
    data = b"".join(map(gzip.compress, parts)) + b"\x00" * 16
    assert b"".join(decompressed(cut(data, size), Compression.GZIP)) == b"".join(parts)


@pytest.mark.parametrize("kind", Compression)
def test_a_file_of_several_blocks_comes_out_whole(kind: Compression) -> None:
    content = b"".join(b"%d,%d\n" % (number, number * number) for number in range(300_000))
    assert b"".join(decompressed(cut(packed(content, kind), 65_536), kind)) == content


@pytest.mark.parametrize("kind", Compression)
def test_a_bomb_is_refused_long_before_it_has_unfolded(kind: Compression) -> None:
    content = b"\x00" * (64 * 1024 * 1024)
    taken = 0
    with pytest.raises(Unreadable, match="no list does that") as refused:
        for block in decompressed(cut(packed(content, kind), 10_000), kind):
            taken += len(block)
            assert len(block) <= BLOCK_BYTES
    assert refused.value.finding.rule == "compression_bomb"
    assert taken <= 17 * 1024 * 1024


@pytest.mark.parametrize("kind", Compression)
def test_a_file_may_hold_so_much_and_no_more(kind: Compression) -> None:
    assert rule_of(packed(CONTENT, kind), kind, max_bytes=1_000) == "too_large"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(share: float) -> None:
    data = gzip.compress(CONTENT)
    assert rule_of(data[: int(len(data) * share)], Compression.GZIP) == "cut_off"
    data = packed(CONTENT, Compression.ZIP)
    assert rule_of(data[: int(len(data) * share)], Compression.ZIP) == "not_zip"


def test_something_else_is_refused() -> None:
    assert rule_of(CONTENT, Compression.GZIP) == "not_gzip"
    assert rule_of(CONTENT, Compression.ZIP) == "not_zip"
    assert rule_of(b"", Compression.GZIP) == "empty_file"
    assert rule_of(b"", Compression.ZIP) == "not_zip"
    assert rule_of(gzip.compress(CONTENT) + b"garbage", Compression.GZIP) == "not_gzip"


def test_damage_inside_is_noticed() -> None:
    data = bytearray(zipped({"a.csv": CONTENT}, zipfile.ZIP_STORED))
    data[60] ^= 0xFF
    assert rule_of(bytes(data), Compression.ZIP) == "not_zip"
    data = bytearray(gzip.compress(CONTENT))
    data[-6] ^= 0xFF
    assert rule_of(bytes(data), Compression.GZIP) == "not_gzip"


def test_a_zip_file_holds_exactly_one_file() -> None:
    assert rule_of(zipped({"a.csv": CONTENT, "b.csv": CONTENT}), Compression.ZIP) == "zip_members"
    assert rule_of(zipped({}), Compression.ZIP) == "zip_members"
    with_folder = zipped({"folder/": b"", "folder/a.csv": CONTENT})
    assert b"".join(decompressed([with_folder], Compression.ZIP)) == CONTENT


def test_an_encrypted_file_is_refused() -> None:
    data = bytearray(zipped({"a.csv": CONTENT}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert rule_of(bytes(data), Compression.ZIP) == "encrypted"


def test_a_path_that_climbs_is_never_a_path() -> None:
    assert b"".join(decompressed([zipped({"../../etc/cron.d/x": CONTENT})], Compression.ZIP)) == CONTENT


def test_raw_deflate_is_not_gzip() -> None:
    assert rule_of(zlib.compress(CONTENT), Compression.GZIP) == "not_gzip"
