"""The first flow of the README, typed in as it stands there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SECTION = "## Your first flow in ten minutes"


@pytest.fixture
def section() -> str:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    return text.partition(SECTION)[2].partition("\n## ")[0]


@pytest.fixture
def checkout(tmp_path) -> Path:
    """What the commands need of the project, where a profile may be added."""
    for name in ("include", "dbt_project"):
        shutil.copytree(
            PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "target")
        )
    shutil.copy(PROJECT / "seamline", tmp_path)
    (tmp_path / ".venv").symlink_to(PROJECT / ".venv")
    return tmp_path


def test_the_commands_say_what_the_readme_says(section, checkout):
    copied, here = re.search(r"^    cp (\S+) (\S+)$", section, re.MULTILINE).groups()
    list_of_supplier = checkout / Path(here).name
    shutil.copy(PROJECT / copied, list_of_supplier)
    path = re.search(r"Write `(\S+)`", section)[1]
    profile = re.search(r"^```yaml\n(.*?)^```", section, re.MULTILINE | re.DOTALL)[1]

    def said(command: str) -> tuple[int, str]:
        found = re.search(rf"^    (\./seamline {command} .*)$", section, re.MULTILINE)[1]
        words = found.replace(here, str(list_of_supplier)).split()
        run = subprocess.run(words, cwd=checkout, capture_output=True, text=True, check=False)
        return run.returncode, run.stdout + run.stderr

    code, text = said("parse")
    assert code == 0
    assert re.search(r"delimiter +;", text)
    assert re.search(r"encoding +cp1252", text)
    assert re.search(r"records +3", text)

    code, text = said("try")
    assert code == 2, "there is no such partner yet"
    assert "'alpenhof'" in text

    (checkout / path).write_text(re.sub(r"^dialect:.*?(?=^\w)", "", profile, flags=re.MULTILINE | re.DOTALL))
    code, text = said("try")
    assert code == 1, "without its dialect the list cannot be read"

    (checkout / path).write_text(profile)
    code, text = said("try")
    assert code == 0
    assert re.search(r"catalog +1\.\d+\.\d+ +3 +3 +0", text)
