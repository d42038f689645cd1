"""The whole stack, really started: Airflow, PostgreSQL, the sandbox systems, and no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import yaml
from stack_processes import processes_below

from sandbox.stack.containers import application as containers
from sandbox.stack.environment import read_environment
from sandbox.stack.failures import AlreadyRunning, StackFailure
from sandbox.stack.places import places
from sandbox.stack.ports import PREFERRED
from sandbox.stack.processes import all_processes
from sandbox.stack.records import read_record, this_process, write_record
from sandbox.stack.running import running_stack, take_down
from sandbox.stack.turnstile import turnstile

PROJECT = Path(__file__).resolve().parents[3]
ANY_PORTS = {f"SEAMLINE_PORT_{name.upper()}": "0" for name in PREFERRED}
TRIVIAL_DAG = '''\
"""One task that waits as long as it is told."""
import time
from airflow.sdk import dag, task

@dag(params={"seconds": 0})
def trivial():
    @task
    def wait(params):
        print("waiting", params["seconds"])
        time.sleep(params["seconds"])
    wait()

trivial()
'''


def checkout_in(folder: Path, **own: str) -> Path:
    """A checkout with its own DAGs; everything else is linked, unless ``own`` replaces it."""
    (folder / "dags").mkdir(parents=True)
    (folder / "plugins").mkdir()
    (folder / "dags" / "trivial.py").write_text(TRIVIAL_DAG)
    for name in ("include", "sandbox"):
        if name not in own:
            (folder / name).symlink_to(PROJECT / name)
    return folder


def command(project: Path, state: Path, *arguments: str, **variables: str) -> subprocess.Popen:
    environment = {**os.environ, **ANY_PORTS, "SEAMLINE_LOCAL": str(state), **variables}
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox.stack", *arguments],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen, seconds: float = 120) -> tuple[int, str]:
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out + err


def until(holds, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return found


@pytest.fixture
def checkout(open_folder):
    return checkout_in(open_folder / "project")


@pytest.fixture
def state(open_folder):
    yield open_folder / "state"
    take_down(places(open_folder / "state"))
    assert processes_below(open_folder) == []


@pytest.fixture
def any_ports(monkeypatch):
    for name, value in ANY_PORTS.items():
        monkeypatch.setenv(name, value)


def run_to_its_end(stack, seconds: float = 60) -> str:
    stack.api.unpause("trivial")
    run_id = stack.api.trigger("trivial", {"seconds": 0})["dag_run_id"]
    return until(
        lambda: (state := stack.api.dag_run("trivial", run_id)["state"]) in ("success", "failed") and state,
        seconds,
    )


def check_health_commands(stack):
    """What docker-compose.yml asks its containers must hold for the same components here."""
    services = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
    for name in ("scheduler", "dag-processor", "triggerer"):
        _, *arguments = services[name]["healthcheck"]["test"]
        assert arguments[0] == "airflow"
        subprocess.run(
            [sys.executable, "-m", *arguments], env=stack.environment, check=True, capture_output=True
        )


def check_the_errand_that_provisions_containers(stack):
    environment = {
        **stack.environment,
        "SEAMLINE_API_URL": stack.addresses.ui,
        "SEAMLINE_SANDBOX_READY": str(stack.where.systems),
        "SEAMLINE_SANDBOX_HOST": "sandbox",
        "PASSWORD_UI_ADMIN": "admin",
    }
    before = stack.api.pools()
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-m", "sandbox.stack.containers", "provision"], env=environment, check=True
        )
    assert stack.api.pools() == before
    connection = stack.api.request("GET", "/connections/supplier_sftp")
    assert (connection["host"], connection["login"]) == ("sandbox", "supplier")


@pytest.mark.slow
@pytest.mark.airflow
def test_the_local_stack_from_nothing_to_nothing(checkout, state, any_ports):
    with running_stack("local", state, checkout) as stack:
        assert {"postgres", "sandbox", "api-server", "scheduler", "dag-processor", "triggerer"} == {
            running.name for running in stack.processes
        }
        assert all(report["status"] == "healthy" for report in stack.api.health().values())
        assert {"pulls": 4, "builds": 1, "pushes": 2, "reconciliations": 1}.items() <= {
            pool["name"]: pool["slots"] for pool in stack.api.pools()
        }.items()
        assert stack.api.import_errors() == []
        until(stack.api.dags)
        assert run_to_its_end(stack) == "success"
        with psycopg.connect(stack.settings["SEAMLINE_DSN"]) as connection:
            assert connection.execute("select to_regnamespace('landing') is not null").fetchone() == (True,)
        assert read_environment(stack.where.environment) == stack.settings
        assert stack.where.environment.stat().st_mode & 0o777 == 0o600
        check_health_commands(stack)
        check_the_errand_that_provisions_containers(stack)

        with (
            pytest.raises(AlreadyRunning, match=f"Process {os.getpid()} runs a stack"),
            running_stack(state_dir=state),
        ):
            pass

        lose_a_machine_in_the_middle_of_a_task(stack)
        stack.restart("postgres")
        stack.revive()
        assert run_to_its_end(stack) == "success"
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 30
    assert processes_below(state) == []
    assert read_record(places(state).processes).running == ()


def lose_a_machine_in_the_middle_of_a_task(stack):
    run_id = stack.api.trigger("trivial", {"seconds": 600})["dag_run_id"]
    until(
        lambda: task_runs(stack, run_id) and "600" in " ".join(stack.api.log_lines("trivial", run_id, "wait"))
    )
    lost = stack.processes["scheduler"]
    assert len(all_processes(lost)) > 2, "the scheduler, its workers and the task"
    stack.kill("scheduler")
    assert all_processes(lost) == []
    stack.restart("scheduler")
    stack.api.request("PATCH", f"/dags/trivial/dagRuns/{run_id}", json={"state": "failed"})


def task_runs(stack, run_id) -> bool:
    return [task["state"] for task in stack.api.task_instances("trivial", run_id)] == ["running"]


@pytest.mark.slow
@pytest.mark.airflow
def test_up_status_env_psql_and_down_by_hand(checkout, state):
    code, said = ended(command(checkout, state, "up"))
    assert code == 0, said
    for part in (
        "PostgreSQL 18: ready after",
        "http://127.0.0.1:",
        "admin / admin (admin)",
        "make psql",
        "make down",
    ):
        assert part in said

    assert ended(command(checkout, state, "status"))[0] == 0
    code, said = ended(command(checkout, state, "up"))
    assert (code, "is already up" in said) == (0, True)

    _, exported = ended(command(checkout, state, "env"))
    assert exported == places(state).environment.read_text()
    code, answer = ended(
        command(checkout, state, "psql", "--role", "owner", "--", "-Atc", "select current_user")
    )
    assert (code, answer.strip()) == (0, "seamline_owner")

    scheduler = next(one for one in read_record(places(state).processes).running if one.name == "scheduler")
    os.kill(scheduler.pid, signal.SIGKILL)
    code, said = ended(command(checkout, state, "status"))
    assert code == 1
    assert "scheduler      has ended" in said

    code, said = ended(command(checkout, state, "down"))
    assert (code, "Stopped: " in said) == (0, True)
    assert processes_below(state) == []
    assert ended(command(checkout, state, "down")) == (0, "Nothing was running.\n")


@pytest.mark.slow
def test_ctrl_c_during_up_stops_everything_without_a_traceback(checkout, state):
    up = command(checkout, state, "up")
    until(
        lambda: {"postgres", "sandbox"} <= {one.name for one in read_record(places(state).processes).running}
    )
    os.killpg(up.pid, signal.SIGINT)
    code, said = ended(up)
    assert code == 130
    assert "Interrupted; everything that was started is stopped." in said
    assert "Traceback" not in said
    assert processes_below(state) == []


@pytest.mark.slow
def test_a_killed_up_leaves_processes_that_down_stops(checkout, state):
    up = command(checkout, state, "up")
    until(
        lambda: {"postgres", "sandbox"} <= {one.name for one in read_record(places(state).processes).running}
    )
    up.kill()
    ended(up)
    assert processes_below(state)
    code, said = ended(command(checkout, state, "down"))
    assert code == 0
    assert "postgres" in said
    assert processes_below(state) == []


@pytest.mark.slow
def test_a_component_that_fails_is_told_with_its_log_and_nothing_stays(open_folder, state):
    project = checkout_in(open_folder / "project", include="own")
    stores = project / "include" / "stores"
    stores.mkdir(parents=True)
    (stores / "migrate.py").write_text("raise SystemExit('migration 0007 is not to be found')")
    code, said = ended(command(project, state, "up"))
    assert code == 1
    assert "warehouse-tables ended with exit code 1. The lines of its log that matter:" in said
    assert "migration 0007 is not to be found" in said
    assert f"The whole log: {state}/logs/warehouse-tables.log" in said
    assert "Traceback" not in said
    assert processes_below(state) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["status"], "Nothing runs in"),
        (["env"], "The stack was never started here"),
        (["psql"], "PostgreSQL does not run here. `make up` starts it."),
    ],
)
def test_before_the_first_start_each_command_says_what_to_do(checkout, state, arguments, sentence):
    code, said = ended(command(checkout, state, *arguments))
    assert (code, sentence in said, "Traceback" in said) == (1, True, False)


def test_a_port_that_is_none_is_refused_before_anything_starts(checkout, state):
    code, said = ended(command(checkout, state, "up", SEAMLINE_PORT_UI="eighty"))
    assert code == 1
    assert "SEAMLINE_PORT_UI=eighty is no port" in said
    assert not places(state).postgres.exists()


def test_two_commands_at_once_do_not_get_in_each_others_way(checkout, state):
    with turnstile(places(state).turnstile):
        code, said = ended(command(checkout, state, "up"))
    assert code == 1
    assert "Another command is starting or stopping the stack" in said


def test_a_stack_that_somebody_supervises_is_left_alone(checkout, state):
    where = places(state)
    write_record(where.processes, [], this_process())
    code, said = ended(command(checkout, state, "up"))
    assert code == 1
    assert f"Process {os.getpid()} runs a stack in {state}" in said


def test_containers_say_which_variable_is_missing(monkeypatch):
    monkeypatch.delenv("PASSWORD_AIRFLOW", raising=False)
    with pytest.raises(StackFailure, match=r"PASSWORD_AIRFLOW is not set\. Copy \.env\.example"):
        containers(["prepare"], standalone_mode=False)
