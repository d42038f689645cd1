"""Exit codes and errors: never a traceback, with ``--json`` always a document, never a secret."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from conftest import PROJECT, Seamline, connection_of
from databases import Database, DatabaseServer

SECRET = "g3heim-und-Sonderzeichen!"
READING = (
    ("status",),
    ("trace", "A-1"),
    ("sql", "select 1"),
    ("dead-letters", "list"),
    ("dead-letters", "show", "1"),
    ("gate", "list"),
    ("gate", "show", "1"),
)
ASKING = "select count(*) from pg_stat_activity where application_name = 'seamline sql' and state = 'active'"
CHANGING = (
    ("dead-letters", "retry", "1", "--by", "Ada", "--because", "mended"),
    ("dead-letters", "suppress", "1", "--by", "Ada", "--because", "mended"),
    ("dead-letters", "escalate", "1", "--by", "Ada", "--because", "mended", "--to", "pricing"),
    ("gate", "open", "push_stock_to_shopify", "1", "--by", "Ada", "--because", "seen"),
    (
        "gate",
        "tell-again",
        "push_stock_to_retailer_edi",
        "harbor",
        "--by",
        "Ada",
        "--because",
        "they lost it",
    ),
)


def test_a_command_that_does_not_exist_cannot_be_given(seamline: Seamline):
    answer = seamline("fly")
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err == (
        "No such command 'fly'.\nUsage: ./seamline [OPTIONS] COMMAND [ARGS]...\nTry './seamline --help' for help.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("fly", "--json"), "Usage"),
        (("parse", "--json"), "Usage"),
        (("dead-letters", "show", "zero", "--json"), "Usage"),
        (("dead-letters", "show", str(10**30), "--json"), "Usage"),
        (("sql", "select 1", "--limit", "-1", "--json"), "Usage"),
        (("explain", "nobody", "--json"), "NotPossible"),
        (("status", "--json"), "Misconfigured"),
        (("deliver", "pull_x", "x.csv", "--by", " ", "--because", "y", "--json"), "NotPossible"),
    ],
)
def test_with_json_an_error_is_a_document_too(seamline: Seamline, arguments, kind):
    answer = seamline(*arguments)
    assert answer.code == 2
    error = answer.document["error"]
    assert error["kind"] == kind
    assert error["message"]
    assert error["advice"]


@pytest.mark.parametrize("arguments", [*READING, *CHANGING])
def test_without_a_warehouse_it_says_what_to_set(seamline: Seamline, arguments):
    answer = seamline(*arguments)
    assert answer.code == 2
    assert "AIRFLOW_CONN_WAREHOUSE_DB" in answer.err
    assert "make up" in answer.err
    assert "clear the task" not in answer.err, "there is no task here"


@pytest.fixture
def wrong_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Puts something wrong in the place of the warehouse's connections."""
    monkeypatch.setenv("SEAMLINE_LANDING", str(tmp_path))

    def put(connection: str) -> None:
        for suffix in ("", "_READER"):
            monkeypatch.setenv(f"AIRFLOW_CONN_WAREHOUSE_DB{suffix}", connection)

    return put


@pytest.mark.parametrize("arguments", [*READING, *CHANGING])
def test_a_warehouse_that_does_not_answer(seamline: Seamline, wrong_environment, arguments):
    wrong_environment(f"postgres://somebody:{SECRET}@127.0.0.1:1/warehouse")
    answer = seamline(*arguments, "--json")
    assert answer.code == 2
    assert "Is the warehouse running?" in answer.document["error"]["advice"]
    assert SECRET not in answer.out + answer.err


@pytest.mark.parametrize(
    "connection",
    [
        f"postgres://somebody:{SECRET}@127.0.0.1:notaport/warehouse",
        f'{{"host": "127.0.0.1", "port": "x", "password": "{SECRET}"}}',
        f'{{"host": "127.0.0.1", "password": "{SECRET}"',
        f'["{SECRET}"]',
        f"{SECRET}",
        f"postgres://somebody:{SECRET}@nowhere.invalid/warehouse",
    ],
)
def test_a_connection_that_says_something_impossible_keeps_its_secret(
    seamline: Seamline, wrong_environment, connection
):
    wrong_environment(connection)
    for arguments in (("status",), ("sql", "select 1"), ("gate", "list", "--json")):
        answer = seamline(*arguments)
        assert answer.code == 2
        assert SECRET not in answer.out + answer.err
        assert "should not happen" not in answer.err


def test_a_wrong_password(seamline: Seamline, wrong_environment, database: Database):
    wrong_environment(connection_of(database.dsn("seamline_reader"), password=SECRET))
    answer = seamline("status")
    assert answer.code == 2
    assert "password authentication failed" in answer.err
    assert "does not let this login in" in answer.err
    assert SECRET not in answer.err


def test_a_login_without_rights(seamline: Seamline, wrong_environment, database: Database):
    wrong_environment(connection_of(database.dsn("seamline_analyst")))
    for arguments in (("status",), CHANGING[0]):
        answer = seamline(*arguments)
        assert answer.code == 2
        assert "permission denied" in answer.err
        assert "The login may not do that" in answer.err


def test_a_database_that_was_never_migrated(
    seamline: Seamline, wrong_environment, database_server: DatabaseServer
):
    empty = database_server.empty_database(f"never_migrated_{os.getpid()}")
    wrong_environment(connection_of(empty.dsn("seamline_owner")))
    answer = seamline("status")
    assert answer.code == 2
    assert "migrate_warehouse" in answer.err


def test_commands_that_look_have_no_login_that_could_write(
    connected_seamline: Seamline, database: Database, monkeypatch
):
    monkeypatch.delenv("AIRFLOW_CONN_WAREHOUSE_DB")
    monkeypatch.delenv("SEAMLINE_LANDING")
    assert connected_seamline("status").code == 0
    assert connected_seamline("gate", "list").code == 0
    assert connected_seamline("dead-letters", "list").code == 0


def test_a_partner_is_told_again_by_a_named_person(connected_seamline: Seamline, database: Database):
    who = ("--by", "Ada", "--because", "they lost it")
    answer = connected_seamline("gate", "tell-again", "push_stock_to_retailer_edi", "harbor", *who, "--json")
    assert (answer.code, answer.document["forgotten"]) == (0, 0)
    assert database.value("select subject from seam.interventions") == "push_stock_to_retailer_edi harbor"
    for flow, account in (
        ("push_purchase_orders_to_supplier_edi", "nordkap"),
        ("push_stock_to_retailer_edi", "nobody"),
    ):
        answer = connected_seamline("gate", "tell-again", flow, account, *who)
        assert answer.code == 2
        assert "push_stock_to_retailer_edi" in answer.err or "harbor" in answer.err


def test_an_argument_that_is_no_text(connected_seamline: Seamline):
    answer = connected_seamline("trace", os.fsdecode(b"\xff\xfe"))
    assert answer.code == 2
    assert "not text in UTF-8" in answer.err


def test_an_unforeseen_error_is_a_sentence(seamline: Seamline, monkeypatch):
    def broken(*arguments: object, **facts: object) -> int:
        raise ZeroDivisionError("by nobody")

    monkeypatch.setattr("include.commands.explain.explain_subject", broken)
    answer = seamline("explain", "order", "--json")
    assert answer.code == 2
    assert answer.document["error"]["message"] == "ZeroDivisionError: by nobody"
    assert "report it" in answer.err


def test_nothing_that_is_typed_makes_a_traceback(connected_seamline: Seamline, tmp_path: Path):
    """Words that mean something here, in any order, with words that mean nothing."""
    chance = random.Random(20261125)
    some_file = tmp_path / "some.csv"
    some_file.write_text("a,b\n1,2\n")
    words = [
        *("parse", "try", "deliver", "status", "explain", "trace", "dsn", "sql", "dead-letters", "gate"),
        *("list", "show", "open", "retry", "repair", "suppress", "escalate"),
        *(
            "--json",
            "--csv",
            "--by",
            "--because",
            "--to",
            "--set",
            "--record",
            "--limit",
            "--all",
            "--flow",
            "--",
        ),
        *("order", "pull_catalog_from_supplier_sftp", "push_stock_to_shopify", "build_warehouse", "nordhaus"),
        *(
            "1",
            "0",
            "-1",
            "9223372036854775807",
            "1e3",
            "",
            " ",
            "%",
            "'; drop table x; --",
            "select 1",
            "{}",
            "[red]",
        ),
        *("\x1b[31m", "ä€😀", "\udcff", "A" * 5_000, str(some_file), str(tmp_path), "/nowhere", "/dev/null"),
    ]
    for _ in range(250):
        arguments = chance.choices(words, k=chance.randint(1, 6))
        answer = connected_seamline(*arguments)
        assert answer.code in (0, 1, 2), arguments
        assert "should not happen" not in answer.err, arguments
        assert "\x1b" not in answer.out + answer.err, arguments


def test_a_reader_that_goes_away_is_no_accident(script):
    many = " ".join(f"'{path}'" for path in sorted((PROJECT / "tests/samples").rglob("*.csv")) * 20)
    for options in ("", "--json"):
        found = subprocess.run(
            ["bash", "-c", f"'{PROJECT}/seamline' parse {options} {many} | head -1; exit ${{PIPESTATUS[0]}}"],
            capture_output=True,
            check=False,
        )
        assert found.stderr == b""
        assert found.returncode == 2
        assert found.stdout


@pytest.mark.parametrize("options", ["", "--json"])
def test_output_that_is_closed_or_full(script, options):
    command = f"'{PROJECT}/seamline' explain product {options}"
    closed = subprocess.run(["bash", "-c", f"{command} >&-"], capture_output=True, check=False)
    assert (closed.returncode, closed.stderr) == (0, b"")
    full = subprocess.run(["bash", "-c", f"{command} >/dev/full"], capture_output=True, check=False)
    assert full.returncode == 2
    assert full.stderr.startswith(b"No space left on device.")
    assert b"Traceback" not in full.stderr
    assert b"Exception ignored" not in full.stderr


def test_ctrl_c_ends_a_command_without_a_traceback(script):
    command = [str(PROJECT / "seamline"), "parse", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert out == b""
    assert err.decode().strip().startswith("Interrupted.")


def test_ctrl_c_in_the_middle_of_a_query(environment_of_warehouse, database: Database):
    command = [str(PROJECT / "seamline"), "sql", "select pg_sleep(60)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for _ in range(100):
            if database.value(ASKING):
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert b"Traceback" not in err
    assert b"Interrupted." in err
    with psycopg.connect(database.dsn()) as connection:
        left = connection.execute(ASKING)
        assert left.fetchone() == (0,), "the query is cancelled in the database as well"
