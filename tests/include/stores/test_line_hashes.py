"""Line hashes: which lines of a delivery the last one had; lost, broken or foreign ones are never believed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.contracts import hash_runs
from include.contracts.hash_runs import HASH, HashRuns, hashes
from include.stores import line_hashes
from include.stores.line_hashes import forget_earlier, keep, known_lines

VERSION = "1.2.0-profile"


def runs_of(*parts: np.ndarray) -> HashRuns:
    made = HashRuns(HASH)
    for part in parts:
        made.append(part)
    return made


def lines(*texts: str) -> np.ndarray:
    return hashes(pl.DataFrame({"text": list(texts)}))


@given(
    kept=st.lists(st.integers(0, 40), max_size=60),
    asked=st.lists(st.integers(0, 60), max_size=60),
    window=st.integers(1, 30),
)
@settings(max_examples=150, deadline=None)
def test_they_know_exactly_the_lines_that_were_kept(kept: list[int], asked: list[int], window: int) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patched:
        for module in (hash_runs, line_hashes):
            patched.setattr(module, "WINDOW_ENTRIES", window)
        folder = Path(name)
        keep(runs_of(lines(*map(str, kept[::2])), lines(*map(str, kept[1::2]))), folder, 1, VERSION)
        known = known_lines(folder, 1, VERSION)
        if not kept:
            assert known is None
            return
        assert known is not None and known.length == len(kept)
        found = known.contain(lines(*map(str, asked))) if asked else np.empty(0, bool)
        assert list(found) == [one in set(kept) for one in asked]


def test_two_lines_of_the_same_first_half_are_told_apart(tmp_path: Path) -> None:
    same = np.array([(7, 1), (7, 2)], HASH)
    keep(runs_of(same[:1]), tmp_path, 1, VERSION)
    known = known_lines(tmp_path, 1, VERSION)
    assert known is not None
    assert list(known.contain(same)) == [True, False]


@pytest.mark.parametrize(
    ("delivery_id", "version"), [(2, VERSION), (1, "1.2.1-profile"), (1, "1.2.0-other"), (12, VERSION)]
)
def test_those_of_another_delivery_contract_or_profile_are_not_used(
    tmp_path: Path, delivery_id: int, version: str
) -> None:
    keep(runs_of(lines("a", "b")), tmp_path, 1, VERSION)
    assert known_lines(tmp_path, 1, VERSION) is not None
    assert known_lines(tmp_path, delivery_id, version) is None


def test_those_of_another_polars_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(runs_of(lines("a")), tmp_path, 1, VERSION)
    monkeypatch.setattr(pl, "__version__", "99.0")
    assert known_lines(tmp_path, 1, VERSION) is None


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 17])
def test_a_file_that_is_empty_or_cut_off_is_not_used(tmp_path: Path, content: bytes) -> None:
    keep(runs_of(lines("a")), tmp_path, 1, VERSION)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert known_lines(tmp_path, 1, VERSION) is None


def test_no_folder_means_that_nothing_is_known(tmp_path: Path) -> None:
    assert known_lines(tmp_path / "nowhere", 1, VERSION) is None
    forget_earlier(tmp_path / "nowhere", 1)


def test_keeping_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: HashRuns) -> None:
        raise OSError("the disk is full")

    runs = runs_of(lines("a"))
    monkeypatch.setattr(HashRuns, "windows", broken)
    with pytest.raises(OSError, match="the disk is full"):
        keep(runs, tmp_path, 1, VERSION)
    assert list(tmp_path.iterdir()) == []


def test_those_of_earlier_deliveries_are_given_back_and_later_ones_are_not(tmp_path: Path) -> None:
    for delivery_id in (3, 9, 10, 11):
        keep(runs_of(lines("a")), tmp_path, delivery_id, VERSION)
    (tmp_path / "incoming-abc").write_bytes(b"")
    forget_earlier(tmp_path, 10)
    assert sorted(path.name.partition("-")[0] for path in tmp_path.iterdir()) == ["10", "11", "incoming"]
