from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import Seamline

from include.commands.local_stack import use_local_stack
from include.errors import Misconfigured


@pytest.fixture
def env_sh(bare_environment: None, tmp_path: Path, monkeypatch) -> Path:
    folder = tmp_path / "a stack"
    folder.mkdir()
    monkeypatch.setenv("SEAMLINE_LOCAL", str(folder))
    for name in ("SEAMLINE_LANDING", "AIRFLOW_CONN_SHOPIFY"):
        monkeypatch.setenv(name, "to be put back")
        monkeypatch.delenv(name)
    return folder / "env.sh"


def test_what_the_stack_wrote_is_taken_over(env_sh: Path):
    env_sh.write_text(
        "# of the local stack\nexport SEAMLINE_LANDING='file:///a b/landing'\nAIRFLOW_CONN_SHOPIFY=\"{}\"\nnonsense\n"
    )
    use_local_stack()
    assert os.environ["SEAMLINE_LANDING"] == "file:///a b/landing"
    assert os.environ["AIRFLOW_CONN_SHOPIFY"] == "{}"


def test_what_the_environment_says_already_is_stronger(env_sh: Path, monkeypatch):
    env_sh.write_text("export SEAMLINE_LANDING=/of/the/stack\n")
    monkeypatch.setenv("SEAMLINE_LANDING", "/of/mine")
    use_local_stack()
    assert os.environ["SEAMLINE_LANDING"] == "/of/mine"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"export PASSWORD='geheim\n"])
def test_a_broken_file_is_named_and_not_shown(env_sh: Path, seamline: Seamline, content, monkeypatch):
    env_sh.write_bytes(content)
    with pytest.raises(Misconfigured):
        use_local_stack()
    answer = seamline("explain", "product")
    assert answer.code in (0, 2)
    monkeypatch.setenv("SEAMLINE_LOCAL", str(env_sh.parent))
    answer = seamline("explain", "product")
    assert answer.code == 2
    assert str(env_sh) in answer.err
    assert "geheim" not in answer.err


def test_no_stack_is_no_reason_to_complain(seamline: Seamline):
    assert seamline("explain", "product").code == 0
