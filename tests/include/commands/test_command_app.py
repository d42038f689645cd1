from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import Seamline
from typer.main import get_command

from docs.pages.cli import commands
from include.commands.app import app

COMMANDS = dict(commands())
HEAVY = (
    "polars",
    "psycopg",
    "pyarrow",
    "great_expectations",
    "airflow",
    "dbt",
    "pandas",
    "sqlalchemy",
    "rich",
    "yaml",
)


def test_the_commands_are_those_that_were_promised():
    assert {name.removeprefix("./seamline ") for name in COMMANDS} == {
        "parse", "edi-write", "try", "deliver", "status", "explain", "trace", "dsn", "sql", "dead-letters list",
        "dead-letters show", "dead-letters retry", "dead-letters repair", "dead-letters suppress",
        "dead-letters escalate", "gate list", "gate show", "gate open", "gate tell-again",
        "metric",
    }  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_json_and_explains_itself(name):
    command = COMMANDS[name]
    options = {option for parameter in command.params for option in parameter.opts}
    assert "--json" in options
    assert command.help.partition("\n")[0].endswith("."), "its help begins with a sentence"
    assert all(getattr(parameter, "help", None) for parameter in command.params), (
        "every parameter is explained"
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_printed_and_clean(seamline: Seamline, name):
    answer = seamline(*name.split()[1:], "--help")
    assert answer.code == 0
    assert "--json" in answer.out


@pytest.mark.parametrize(
    "words",
    [("dead-letters", "retry"), ("dead-letters", "escalate"), ("gate", "open"), ("gate", "tell-again")],
)
def test_who_changes_something_gives_a_name_and_a_reason(words):
    command = get_command(app)
    for word in words:
        command = command.commands[word]
    required = {option for p in command.params if p.required for option in p.opts}
    assert {"--by", "--because"} <= required


@pytest.mark.parametrize("arguments", [["--help"], ["parse", "--help"], ["dead-letters", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    look = (
        "import sys; from include.commands.__main__ import main; code = main(sys.argv[1:]); "
        f"print(code, [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    found = subprocess.run(
        [sys.executable, "-c", look, *arguments], capture_output=True, text=True, check=False
    )
    assert found.stderr == "0 []\n"
    assert "Usage: ./seamline" in found.stdout


def test_no_command_prints_its_help_and_says_that_it_cannot(seamline: Seamline):
    assert seamline().code == 2
    assert seamline("gate").code == 2
