"""The machine that a figure was measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import psutil

from sandbox.stack import postgres


def machine() -> dict[str, Any]:
    """Processor, cores, memory, versions; nothing that names the machine itself."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gigabytes": round(psutil.virtual_memory().total / 1024**3),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "postgresql": _postgresql(),
        "load_at_start": round(os.getloadavg()[0], 1),
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _postgresql() -> str:
    said = subprocess.run(
        [postgres.binary("postgres"), "--version"], capture_output=True, text=True, check=True
    )
    return said.stdout.split()[2]
