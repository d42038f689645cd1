from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from sandbox.stack.credentials import credentials
from sandbox.stack.environment import (
    Addresses,
    process_environment,
    read_environment,
    stack_environment,
    write_environment,
)
from sandbox.stack.failures import StackFailure
from sandbox.stack.places import PROJECT, places
from sandbox.stack.ports import PREFERRED
from sandbox.stack.settings import Executor

texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"))
names = st.from_regex(r"[A-Z_][A-Z0-9_]{0,20}", fullmatch=True)


@pytest.fixture
def where(tmp_path):
    return places(tmp_path / "state", tmp_path / "project")


def settings(where, executor=Executor.LOCAL, **options):
    return stack_environment(where, credentials(where.secrets), Addresses(PREFERRED, executor), **options)


@pytest.mark.parametrize("role", ["pipeline", "owner", "builder", "reader", "analyst"])
def test_connection_and_dsn_of_a_role_say_the_same(where, role):
    suffix = "" if role == "pipeline" else f"_{role.upper()}"
    found = settings(where)
    connection = json.loads(found[f"AIRFLOW_CONN_WAREHOUSE_DB{suffix}"])
    parts = conninfo_to_dict(found[f"SEAMLINE_DSN{suffix}"])
    assert connection["conn_type"] == "postgres"
    assert connection["login"] == parts["user"] == f"seamline_{role}"
    assert connection["password"] == parts["password"]
    assert (
        (connection["host"], str(connection["port"]))
        == (parts["host"], parts["port"])
        == ("127.0.0.1", "5433")
    )
    assert connection["schema"] == parts["dbname"] == "warehouse"


def test_airflow_listens_on_the_loopback_interface_and_tasks_find_it_there(where):
    found = settings(where)
    assert found["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert found["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8080/execution/"


def test_the_project_is_importable_and_nothing_is_sent_home(where):
    found = settings(where)
    assert found["PYTHONPATH"].split(":") == [str(where.project), str(PROJECT)]
    assert found["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert found["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "False"
    assert found["GX_ANALYTICS_ENABLED"] == "False"


def test_celery_is_configured_only_where_it_runs_the_tasks(where):
    assert not [name for name in settings(where) if "CELERY" in name]
    celery = settings(where, Executor.CELERY)
    assert celery["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert celery["AIRFLOW__CELERY__BROKER_URL"].endswith("@127.0.0.1:6380/0")


def test_tasks_of_lost_workers_leave_places_for_others(where):
    """A task that ends as its worker is lost keeps its place in the scheduler: docs/decisions/0018."""
    celery = settings(where, Executor.CELERY)
    at_once = 2 * int(celery["AIRFLOW__CELERY__WORKER_CONCURRENCY"])
    assert int(celery["AIRFLOW__CORE__PARALLELISM"]) >= 4 * at_once


def test_overrides_win(where):
    name = "AIRFLOW__CORE__PARALLELISM"
    assert settings(where, overrides={name: "7"})[name] == "7"


def test_nothing_of_the_shell_changes_airflow_libpq_or_python():
    shell = {
        "AIRFLOW__CORE__EXECUTOR": "DebugExecutor",
        "AIRFLOW_HOME": "/elsewhere",
        "AIRFLOW_CONN_SHOPIFY": "http://other-shop",
        "PGHOST": "production",
        "PYTHONPATH": "/elsewhere",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SEAMLINE_DSN": "postgresql://production",
        "LANG": "de_DE.UTF-8",
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
    }
    found = process_environment({"AIRFLOW_HOME": "/ours"}, shell)
    kept = {name: found[name] for name in shell if name in found}
    assert kept == {"AIRFLOW_HOME": "/ours", "LANG": "de_DE.UTF-8", "SSL_CERT_FILE": "/etc/ssl/own.pem"}


def test_a_proxy_never_stands_between_the_parts_of_the_stack():
    found = process_environment({}, {"https_proxy": "http://proxy:3128", "NO_PROXY": "intranet"})
    assert found["https_proxy"] == "http://proxy:3128"
    assert found["no_proxy"] == found["NO_PROXY"] == "intranet,127.0.0.1,localhost"


def test_the_file_is_private_and_complete(where):
    found = settings(where, Executor.CELERY)
    write_environment(where.environment, found)
    assert where.environment.stat().st_mode & 0o777 == 0o600
    assert read_environment(where.environment) == found


@given(st.dictionaries(names, texts, max_size=6))
def test_whatever_the_values_the_file_gives_them_back(tmp_path_factory, own):
    path = tmp_path_factory.mktemp("environment") / "env.sh"
    write_environment(path, own)
    assert read_environment(path) == own


@pytest.mark.skipif(not shutil.which("sh"), reason="needs a POSIX shell")
def test_a_shell_reads_the_same(tmp_path):
    own = {"QUOTES": 'it\'s "so" $HOME `x`', "LINES": "a\nb", "JSON": json.dumps({"a": ["ä", 1]})}
    write_environment(tmp_path / "env.sh", own)
    script = f'. {tmp_path}/env.sh; for name in QUOTES LINES JSON; do eval printf %s \\"\\$$name\\"; printf "\\0"; done'
    said = subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout.decode()
    assert said.split("\0")[:-1] == [own["QUOTES"], own["LINES"], own["JSON"]]


def test_before_the_first_start_it_says_what_to_do(tmp_path):
    with pytest.raises(StackFailure, match=r"never started here.*make up"):
        read_environment(tmp_path / "env.sh")


def test_secrets_appear_only_where_they_are_needed(where):
    secrets = asdict(credentials(where.secrets))
    found = settings(where)
    assert not any(secrets["postgres"] in value for value in found.values())
    assert not any(secrets["redis"] in value for value in found.values())


def test_dsns_are_accepted_by_libpq_whatever_the_password():
    from sandbox.stack.postgres import dsn

    odd = "p@ss/w:ö%rd?#"
    assert conninfo_to_dict(dsn("role", odd, 5433, "warehouse"))["password"] == odd
    with pytest.raises(psycopg.OperationalError, match=r"connection (refused|to server)"):
        psycopg.connect(dsn("role", odd, 1, "warehouse"), connect_timeout=2)
