"""The real embedded server: start, stop, and what a killed one leaves behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import asdict

import psutil
import psycopg
import pytest
from psycopg import errors

from sandbox.stack import postgres
from sandbox.stack.credentials import credentials
from sandbox.stack.failures import StackFailure
from sandbox.stack.places import PROJECT, make_folders, places
from sandbox.stack.ports import any_free_port
from sandbox.stack.processes import Processes, all_processes
from sandbox.stack.records import is_alive


class Server:
    """One cluster that can be started again and again."""

    def __init__(self, folder):
        self.where = places(folder)
        make_folders(self.where)
        self.data = self.where.postgres
        self.secrets = credentials(self.where.secrets)
        self.port = any_free_port()
        self.processes = Processes(
            self.where.processes, self.where.logs, folder, asdict(self.secrets).values()
        )

    @property
    def superuser(self):
        return postgres.dsn("postgres", self.secrets.postgres, self.port, "postgres")

    def dsn(self, role, database, password=None):
        return postgres.dsn(role, password or getattr(self.secrets, role), self.port, database)

    def start(self):
        postgres.prepare_cluster(self.data, self.secrets.postgres)
        postgres.clear_leftovers(self.data)
        self.processes.start(postgres.server_component(self.data, self.port), os.environ)
        self.processes.wait_until(lambda: postgres.answers(self.superuser), "postgres", seconds=30)
        return self.processes["postgres"]


@pytest.fixture(scope="module")
def server(open_folder_of_module):
    found = Server(open_folder_of_module)
    yield found
    found.processes.stop_all()
    postgres.clear_leftovers(found.data)


@pytest.fixture(scope="module")
def databases(server):
    server.start()
    postgres.ensure_databases(server.superuser, asdict(server.secrets))
    return server


@pytest.fixture
def running(databases):
    if "postgres" not in databases.processes or not is_alive(databases.processes["postgres"]):
        databases.start()
    return databases


def one(dsn, query):
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchone()[0]


def test_it_is_postgresql_18_with_durability_on_and_passwords_checked(running):
    def setting(name):
        return one(running.superuser, f"show {name}")

    assert setting("server_version").startswith("18.")
    assert (setting("fsync"), setting("synchronous_commit"), setting("full_page_writes")) == (
        "on",
        "on",
        "on",
    )
    assert setting("max_connections") == "200"
    assert setting("listen_addresses") == "127.0.0.1"
    assert setting("timezone") == "UTC"
    ways = one(running.superuser, "select array_agg(distinct auth_method) from pg_hba_file_rules")
    assert ways == ["scram-sha-256"]


def test_the_data_folder_is_for_the_server_alone(running):
    assert running.data.stat().st_mode & 0o777 == 0o700
    assert not list(running.where.state.glob("postgres.*"))


def test_a_wrong_password_is_refused(running):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(running.dsn("airflow", "airflow", password="wrong"))


@pytest.mark.parametrize("role", postgres.LOGIN_ROLES)
def test_each_role_enters_its_database_and_not_the_other(running, role):
    own, other = ("airflow", "warehouse") if role == "airflow" else ("warehouse", "airflow")
    assert one(running.dsn(role, own), "select current_user") == role
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(running.dsn(role, other))


def test_owners_own_and_nobody_is_more_than_they_need(running):
    owners = one(
        running.superuser,
        "select jsonb_object_agg(datname, datdba::regrole::text) from pg_database "
        "where datname <> 'postgres' and not datistemplate",
    )
    assert owners == {"airflow": "airflow", "warehouse": "seamline_owner"}
    mighty = one(
        running.superuser,
        "select count(*) from pg_roles where rolcanlogin and rolname <> 'postgres' "
        "and (rolsuper or rolcreaterole or rolcreatedb)",
    )
    assert mighty == 0


@pytest.mark.parametrize(
    "role", ["seamline_pipeline", "seamline_builder", "seamline_reader", "seamline_analyst"]
)
def test_only_the_owner_may_make_schemas(running, role):
    with (
        psycopg.connect(running.dsn(role, "warehouse")) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute("create schema mine")


def test_repeating_the_preparation_changes_no_data_and_renews_passwords(running):
    with psycopg.connect(running.dsn("seamline_owner", "warehouse")) as connection:
        connection.execute("create table kept (number int); insert into kept values (42)")
    renewed = {**asdict(running.secrets), "airflow": "another-password"}
    postgres.ensure_databases(running.superuser, renewed)
    assert one(running.dsn("airflow", "airflow", "another-password"), "select 1") == 1
    postgres.ensure_databases(running.superuser, asdict(running.secrets))
    assert one(running.dsn("seamline_owner", "warehouse"), "table kept") == 42


def test_the_errand_of_the_containers_prepares_the_same(running, tmp_path):
    users = tmp_path / "users.json"
    environment = {
        "PATH": os.environ["PATH"],
        "PGHOST": "127.0.0.1",
        "PGPORT": str(running.port),
        "PGUSER": "postgres",
        "PGPASSWORD": running.secrets.postgres,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(users),
        **{f"PASSWORD_{role.upper()}": f"{role}-from-env" for role in postgres.LOGIN_ROLES},
        **{f"PASSWORD_UI_{user}": f"{user}-from-env" for user in ("ADMIN", "OPERATOR", "VIEWER")},
    }
    command = [sys.executable, "-m", "sandbox.stack.containers", "prepare"]
    subprocess.run(command, env=environment, cwd=PROJECT, check=True)
    assert one(running.dsn("seamline_reader", "warehouse", "seamline_reader-from-env"), "select 1") == 1
    assert json.loads(users.read_text())["viewer"] == "VIEWER-from-env"
    assert users.stat().st_mode & 0o777 == 0o600

    del environment["PASSWORD_SEAMLINE_OWNER"]
    refused = subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert refused.stderr == (
        "PASSWORD_SEAMLINE_OWNER is not set. Copy .env.example to .env, fill it in, and start again.\n"
    )
    postgres.ensure_databases(running.superuser, asdict(running.secrets))


def test_no_password_reaches_a_log_or_a_list_of_processes(running):
    postgres.ensure_databases(running.superuser, asdict(running.secrets))
    seen = running.processes.log("postgres").read_text()
    seen += " ".join(
        " ".join(process.info["cmdline"] or ())
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres"
    )
    assert not any(secret in seen for secret in asdict(running.secrets).values())


def test_psql_gets_its_password_from_the_environment(running):
    variables = postgres.libpq_variables(running.dsn("seamline_analyst", "warehouse"))
    command = [postgres.binary("psql"), "--tuples-only", "--no-align", "--command", "select current_user"]
    answer = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "seamline_analyst"


def test_stopping_is_quick_and_clean_also_with_an_open_connection(running):
    with psycopg.connect(running.superuser):
        server = running.processes["postgres"]
        running.processes.stop("postgres")
    assert not all_processes(server)
    assert not (running.data / "postmaster.pid").exists()
    assert "database system is shut down" in running.processes.log("postgres").read_text()


def test_after_kill_9_it_starts_again_with_its_data(running):
    with psycopg.connect(running.dsn("seamline_owner", "warehouse")) as connection:
        connection.execute("create table survivor as select 7 as number")
    os.kill(running.processes["postgres"].pid, signal.SIGKILL)
    assert (running.data / "postmaster.pid").exists()
    running.start()
    assert one(running.dsn("seamline_owner", "warehouse"), "table survivor") == 7


def test_a_busy_backend_that_outlived_its_server_does_not_prevent_the_next_start(running):
    with closing(psycopg.connect(running.superuser)) as connection:
        backend = connection.info.backend_pid
        connection.pgconn.send_query(b"select count(*) from generate_series(1, 10000000000)")
        os.kill(running.processes["postgres"].pid, signal.SIGKILL)
        running.start()
    assert not psutil.pid_exists(backend) or psutil.Process(backend).status() == psutil.STATUS_ZOMBIE


def test_a_lock_file_with_the_number_of_another_program_does_not_prevent_the_start(running):
    running.processes.stop("postgres")
    user = postgres.server_user()
    options = {"user": user, "group": user, "extra_groups": []} if user else {}
    bystander = subprocess.Popen(["sleep", "600"], **options)
    try:
        lock = f"{bystander.pid}\n{running.data}\n1\n{running.port}\n\n127.0.0.1\n  1  1\nready   \n"
        (running.data / "postmaster.pid").write_text(lock)
        running.start()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_server_that_nobody_recorded_is_stopped_first(running):
    orphan = running.processes["postgres"].pid
    postgres.clear_leftovers(running.data)
    with pytest.raises(psutil.NoSuchProcess):
        psutil.Process(psutil.Process(orphan).wait(10) or orphan)
    running.start()


def test_secrets_of_another_cluster_are_explained(running):
    stranger = postgres.dsn("postgres", "other", running.port, "postgres")
    with pytest.raises(StackFailure, match=r"refuses the password in secrets\.json.*make clean"):
        postgres.answers(stranger)


def test_a_port_that_is_taken_is_told_from_the_log(open_folder, running):
    second = Server(open_folder / "second")
    second.port = running.port
    postgres.prepare_cluster(second.data, second.secrets.postgres)
    component = postgres.server_component(second.data, running.port)
    second.processes.start(component, os.environ)
    with pytest.raises(
        StackFailure, match=r"postgres ended with exit code 1.*\n(.*\n)*.*could not bind"
    ) as told:
        second.processes.wait_until(lambda: False, "postgres", seconds=20)
    assert re.search(r"The whole log: .*/logs/postgres\.log", str(told.value))


def test_an_interrupted_initdb_is_made_good(open_folder):
    half = open_folder / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    postgres.prepare_cluster(open_folder / "postgres", "secret")
    assert (open_folder / "postgres" / "global" / "pg_control").exists()
    assert not half.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another system user for the server")
def test_as_root_the_server_runs_as_another_user_who_can_reach_its_files(open_folder):
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    server = Server(closed / "state")
    try:
        pid = server.start().pid
        assert psutil.Process(pid).username() == postgres.SYSTEM_USER
        assert closed.stat().st_mode & 0o077 == 0o001
    finally:
        server.processes.stop_all()


def test_programs_are_the_packages_own():
    version = subprocess.run(
        [postgres.binary("postgres"), "--version"], capture_output=True, text=True, check=True
    )
    assert "18." in version.stdout
    assert str(postgres.binary("psql")).startswith(sys.prefix)
