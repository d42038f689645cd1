"""Real children: they ignore signals, leave their group, outlive their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from sandbox.stack.components import Component, Stage
from sandbox.stack.failures import ComponentDied, StackFailure
from sandbox.stack.processes import Processes, all_processes, stop_recorded, telling_lines
from sandbox.stack.records import (
    MARK,
    Owner,
    first_process,
    is_alive,
    is_present,
    read_record,
    this_process,
    write_record,
)

SLEEPS = "import time; time.sleep(600)"
IGNORES_SIGTERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(600)"
)
LEAVES_ITS_GROUP = (
    "import os, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
    "print(child.pid)\n"
    "time.sleep(600)\n"
)


def program(name: str, code: str, **options) -> Component:
    return Component(name=name, command=(sys.executable, "-u", "-c", code), stage=Stage.SYSTEMS, **options)


@pytest.fixture
def processes(tmp_path):
    stack = Processes(tmp_path / "processes.json", tmp_path, tmp_path, masked=["hunter2"])
    yield stack
    stop_recorded(stack.record)


def output(processes: Processes, name: str) -> str:
    processes.wait_until(lambda: "\n" in processes.log(name).read_text(), name, seconds=20)
    return processes.log(name).read_text().strip()


def test_a_started_component_leads_its_own_session_and_is_recorded(processes):
    running = processes.start(program("one", SLEEPS), os.environ)
    assert os.getsid(running.pid) == running.pid != os.getsid(0)
    assert read_record(processes.record).running == (running,)
    assert is_alive(running)


def test_stopping_ends_it_and_forgets_it(processes):
    running = processes.start(program("one", SLEEPS), os.environ)
    processes.stop("one")
    assert not is_alive(running)
    assert read_record(processes.record).running == ()


def test_one_that_ignores_sigterm_is_killed_after_its_grace(processes):
    running = processes.start(program("deaf", IGNORES_SIGTERM, grace=0.5), os.environ)
    assert output(processes, "deaf") == "deaf"
    before = time.monotonic()
    processes.stop_all()
    assert 0.5 <= time.monotonic() - before < 5
    assert not is_alive(running)


def test_processes_that_left_the_group_are_ended_too(processes):
    running = processes.start(program("parent", LEAVES_ITS_GROUP), os.environ)
    child = psutil.Process(int(output(processes, "parent")))
    assert os.getpgid(child.pid) != running.pid
    processes.stop_all()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


LOSES_ITS_MARK = (
    "import os, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], env={}, process_group=0)\n"
    "print(child.pid)\n"
    "time.sleep(600)\n"
)


def test_processes_without_a_mark_are_ended_even_when_their_parent_has_died(processes):
    running = processes.start(program("parent", LOSES_ITS_MARK), os.environ)
    child = psutil.Process(int(output(processes, "parent")))
    assert MARK not in child.environ()
    assert os.getpgid(child.pid) != running.pid
    os.kill(running.pid, signal.SIGKILL)
    assert stop_recorded(processes.record) == ["parent"]
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_the_session_of_a_recycled_process_id_is_spared(processes):
    bystander = subprocess.Popen([sys.executable, "-c", SLEEPS], start_new_session=True)
    try:
        ours = processes.start(program("ours", SLEEPS), os.environ)
        recycled = replace(ours, pid=bystander.pid, started_at=ours.started_at - 3600)
        assert bystander.pid not in {process.pid for process in all_processes(recycled)}
    finally:
        bystander.kill()
        bystander.wait()


def test_killing_takes_everything_that_was_started_and_nothing_else(processes):
    processes.start(program("parent", LEAVES_ITS_GROUP), os.environ)
    other = processes.start(program("other", SLEEPS), os.environ)
    child = psutil.Process(int(output(processes, "parent")))
    processes.kill("parent")
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert is_alive(other)
    assert [one.name for one in read_record(processes.record).running] == ["other"]


def test_later_stages_end_before_earlier_ones(processes, tmp_path):
    notes = tmp_path / "notes"
    code = (
        "import signal, sys, time\n"
        "def leave(*_):\n"
        "    open({path!r}, 'a').write({name!r} + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, leave)\n"
        "print('ready')\n"
        "time.sleep(600)\n"
    )
    for name, stage in [("store", Stage.STORE), ("airflow", Stage.AIRFLOW), ("systems", Stage.SYSTEMS)]:
        component = replace(program(name, code.format(path=str(notes), name=name)), stage=stage)
        processes.start(component, os.environ)
        output(processes, name)
    processes.stop_all()
    assert notes.read_text().split() == ["airflow", "systems", "store"]


def test_a_recycled_process_id_is_spared(processes):
    bystander = subprocess.Popen([sys.executable, "-c", SLEEPS], start_new_session=True)
    try:
        ours = processes.start(program("ours", SLEEPS), os.environ)
        recycled = replace(ours, pid=bystander.pid, started_at=ours.started_at - 3600)
        write_record(processes.record, [recycled], owner=None)
        assert first_process(recycled) is None
        stop_recorded(processes.record)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_another_command_stops_what_a_killed_one_left(tmp_path):
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from sandbox.stack.components import Component, Stage\n"
        "from sandbox.stack.processes import Processes\n"
        "folder = Path(sys.argv[1])\n"
        "started = Processes(folder / 'processes.json', folder, folder)\n"
        f"command = (sys.executable, '-c', {SLEEPS!r})\n"
        "for name in ('one', 'two'):\n"
        "    started.start(Component(name, command, Stage.SYSTEMS), os.environ)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[3], check=False
    )
    assert ended.returncode == -signal.SIGKILL
    left = read_record(tmp_path / "processes.json").running
    assert [is_alive(running) for running in left] == [True, True]
    assert stop_recorded(tmp_path / "processes.json") == ["one", "two"]
    assert not any(all_processes(running) for running in left)


def test_what_was_started_but_not_yet_recorded_is_stopped_by_its_mark(processes):
    running = processes.start(program("one", SLEEPS), os.environ)
    write_record(processes.record, [], owner=None)
    stop_recorded(processes.record)
    assert not is_alive(running)


def test_stopping_nothing_is_no_error(tmp_path):
    assert stop_recorded(tmp_path / "processes.json") == []


def test_a_zombie_does_not_count_as_alive(processes):
    running = processes.start(program("short", "pass"), os.environ)
    psutil.Process(running.pid).wait(10) if psutil.pid_exists(running.pid) else None
    assert not is_alive(running)


def test_a_component_that_dies_is_reported_with_the_lines_that_matter(processes):
    code = "print('starting'); print('password hunter2 refused'); raise SystemExit(3)"
    processes.start(program("api-server", code), os.environ)
    with pytest.raises(ComponentDied) as died:
        processes.wait_until(lambda: False, "api-server", seconds=20)
    assert str(died.value) == (
        "api-server ended with exit code 3. The lines of its log that matter:\n"
        "    password *** refused\n"
        f"The whole log: {processes.log('api-server')}"
    )


def test_the_death_of_a_neighbour_ends_the_waiting(processes):
    processes.start(program("neighbour", "import os; os.kill(os.getpid(), 9)"), os.environ)
    processes.start(program("one", SLEEPS), os.environ)
    with pytest.raises(ComponentDied, match="neighbour ended by signal SIGKILL"):
        processes.wait_until(lambda: False, "one", seconds=20)


def test_one_that_is_never_ready_is_reported(processes):
    processes.start(program("slow", "import time; print('still busy'); time.sleep(600)"), os.environ)
    output(processes, "slow")
    with pytest.raises(ComponentDied, match=r"slow was not ready after 0 seconds.*\n    still busy"):
        processes.wait_until(lambda: False, "slow", seconds=0.2)


def test_an_errand_that_succeeds_is_forgotten_and_is_no_death(processes):
    processes.complete(program("errand", "print('done')"), os.environ, seconds=20)
    processes.check()
    assert read_record(processes.record).running == ()


def test_an_errand_that_fails_or_hangs_is_reported(processes):
    with pytest.raises(ComponentDied, match="errand ended with exit code 2"):
        processes.complete(program("errand", "raise SystemExit(2)"), os.environ, seconds=20)
    with pytest.raises(ComponentDied, match="slow did not end within 0 seconds"):
        processes.complete(program("slow", SLEEPS), os.environ, seconds=0.1)


def test_a_program_that_is_not_there_is_named(processes):
    missing = Component("ghost", ("/nowhere/ghost",), Stage.SYSTEMS)
    with pytest.raises(StackFailure, match="ghost cannot be started: /nowhere/ghost"):
        processes.start(missing, os.environ)


def test_nothing_is_started_any_more_once_the_stack_is_being_stopped(processes):
    processes.stop_all()
    with pytest.raises(StackFailure, match="being stopped"):
        processes.start(program("late", SLEEPS), os.environ)


def test_the_log_of_the_start_before_is_kept(processes):
    for word in ("first", "second"):
        processes.complete(program("one", f"print({word!r})"), os.environ, seconds=20)
    assert processes.log("one").read_text() == "second\n"
    assert (processes.logs / "one.previous.log").read_text() == "first\n"


def test_telling_lines_prefer_errors_and_leave_out_noise(tmp_path):
    log = tmp_path / "one.log"
    log.write_text(
        "ready\n\n ____    |__( )_________\nTraceback (most recent call last):\n  File 'x'\nKeyError: 'y'\nbye\n"
    )
    assert telling_lines(log) == ["KeyError: 'y'"]
    log.write_text("a\nb\nc\n")
    assert telling_lines(log, count=2) == ["b", "c"]
    assert telling_lines(tmp_path / "absent.log") == []


def test_a_supervisor_is_present_only_while_it_is_the_same_process():
    me = this_process()
    assert is_present(me)
    assert not is_present(Owner(me.pid, me.started_at - 3600))
    assert not is_present(None)


def test_a_spoiled_record_is_reported(tmp_path):
    (tmp_path / "processes.json").write_text('{"owner": null}')
    with pytest.raises(StackFailure, match="cannot be read"):
        read_record(tmp_path / "processes.json")
