from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
MAKEFILE = (PROJECT / "Makefile").read_text()
TARGETS = re.search(r"^\.PHONY: (.*) FORCE$", MAKEFILE, re.MULTILINE)[1].split()

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


def make(*arguments: str, folder: Path = PROJECT, **variables: str) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_target_it_explains_every_target_in_a_sentence():
    answer = make()
    explained = dict(re.findall(r"^  make (\w+) +(\S.*)$", answer.stdout, re.MULTILINE))
    assert list(explained) == TARGETS
    assert all(re.fullmatch(r"[A-Z].*[.]", sentence) for sentence in explained.values())
    assert make("help").stdout == answer.stdout


@pytest.mark.parametrize(
    "name", ["demo", "up", "down", "test", "bench", "psql", "docs", "lint", "lock", "clean"]
)
def test_the_promised_targets_are_there(name):
    assert name in TARGETS


def test_tests_are_run_by_pytest():
    assert ".venv/bin/python -m pytest" in make("--dry-run", "--always-make", "test").stdout


def test_the_lock_is_made_as_the_committed_one():
    command = make("--dry-run", "lock").stdout
    wanted = "uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header"
    assert command.count(wanted) == 2


@pytest.fixture
def checkout(tmp_path):
    """A checkout with the Makefile and nothing to install."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    return tmp_path


@pytest.mark.parametrize("python", ["no-such-python", "false"])
def test_an_unusable_python_is_told_in_one_sentence(checkout, python):
    answer = make("up", f"PYTHON={python}", folder=checkout)
    assert answer.returncode != 0
    assert f"Python 3.11, 3.12 or 3.13 is needed, and {python} is none of them" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_of_another_version_is_told_too(checkout):
    old = checkout / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    assert f"{old} is none of them" in make(".venv/made", f"PYTHON={old}", folder=checkout).stderr


@pytest.mark.slow
def test_the_environment_is_made_once_and_mended_when_it_breaks(checkout):
    assert make(".venv/made", folder=checkout).returncode == 0
    assert "up to date" in make(".venv/made", folder=checkout).stdout
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert make(".venv/made", folder=checkout).returncode == 0
    assert subprocess.run([python, "-c", "pass"], check=False).returncode == 0


def test_ci_runs_exactly_make_test():
    script = PROJECT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert re.findall(r"\bmake\b.*$", script.read_text(), re.MULTILINE)[-1] == "make test"
    assert script.read_text().rstrip().endswith("exec make test")
    subprocess.run(["bash", "-n", script], check=True)
