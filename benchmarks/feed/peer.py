"""The peer's own environment: it never enters what the suite is locked to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "build" / "peer"
REQUIREMENTS = ("dlt[postgres]==1.31.0", "pyarrow==26.0.1", "adbc-driver-postgresql==1.13.0")


def present() -> Path | None:
    """The interpreter of the peer's environment, if it was made."""
    interpreter = FOLDER / "bin" / "python"
    return interpreter if (FOLDER / "made").exists() else None


def made() -> Path:
    """The same, made if it is not there; needs the package index."""
    if found := present():
        return found
    uv = str(Path(sys.executable).with_name("uv"))
    interpreter = FOLDER / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(FOLDER)], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(interpreter), *REQUIREMENTS], check=True)
    (FOLDER / "made").touch()
    return interpreter
