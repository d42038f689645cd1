from __future__ import annotations

import base64
import json
import os
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.stack.credentials import credentials
from sandbox.stack.failures import StackFailure
from sandbox.stack.private_files import write_private


def test_the_file_is_for_its_owner_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        credentials(tmp_path / "secrets.json")
    finally:
        os.umask(before)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_an_open_file_becomes_private_when_it_is_replaced(tmp_path):
    path = tmp_path / "env.sh"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_secrets_stay_the_same(tmp_path):
    assert credentials(tmp_path / "secrets.json") == credentials(tmp_path / "secrets.json")


def test_two_stacks_share_no_secret(tmp_path):
    one, other = (asdict(credentials(tmp_path / name)) for name in ("one.json", "other.json"))
    assert not set(one.values()) & set(other.values())


def test_every_secret_is_of_its_own(tmp_path):
    values = list(asdict(credentials(tmp_path / "secrets.json")).values())
    assert len(set(values)) == len(values)


def test_what_is_missing_is_added_and_the_rest_is_kept(tmp_path):
    path = tmp_path / "secrets.json"
    before = asdict(credentials(path))
    path.write_text(json.dumps({name: value for name, value in before.items() if name != "redis"}))
    after = asdict(credentials(path))
    assert after["redis"] not in ("", before["redis"])
    assert {**after, "redis": before["redis"]} == before


def test_keys_have_the_length_that_airflow_asks_for(tmp_path):
    made = credentials(tmp_path / "secrets.json")
    assert len(base64.urlsafe_b64decode(made.fernet_key)) == 32
    assert len(made.jwt_secret) >= 64


def test_a_spoiled_file_is_never_overwritten(tmp_path):
    path = tmp_path / "secrets.json"
    path.write_text('{"postgres": ')
    with pytest.raises(StackFailure, match="is not JSON"):
        credentials(path)
    assert path.read_text() == '{"postgres": '


def test_secrets_are_not_shown_by_accident(tmp_path):
    made = credentials(tmp_path / "secrets.json")
    assert not any(value in f"{made} {made!r}" for value in asdict(made).values())


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_what_is_written_is_read(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("private") / "file"
    write_private(path, text)
    assert path.read_bytes().decode() == text.replace("\n", os.linesep)
