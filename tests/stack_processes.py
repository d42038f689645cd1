"""What a running stack is asked from outside: which processes it has, and whether a worker is well."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psutil
import yaml

from sandbox.stack.records import MARK
from sandbox.stack.running import Stack

PROJECT = Path(__file__).resolve().parents[1]


def processes_below(folder: Path) -> list[psutil.Process]:
    """Every process that carries the mark of a stack below this folder, and every database server in it."""
    found = []
    for process in psutil.process_iter():
        try:
            marked = process.environ().get(MARK, "").startswith(str(folder))
            serves = process.name() == "postgres" and process.cwd().startswith(str(folder))
        except (psutil.Error, OSError):
            continue
        if (marked or serves) and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def check_worker(stack: Stack, name: str) -> None:
    """What docker-compose.yml asks the container of a worker must hold for the same worker here."""
    services = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
    shell, command = services["worker"]["healthcheck"]["test"]
    assert shell == "CMD-SHELL"
    here = command.replace("$$", "$").replace("worker@", f"{name}@")
    subprocess.run(["sh", "-c", here], env=stack.environment, check=True, capture_output=True)
