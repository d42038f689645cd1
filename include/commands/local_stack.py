"""The environment that ``make up`` leaves behind, so that the command line finds the local stack."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]


def use_local_stack() -> None:
    """Take over what the local stack has written; what the environment says already is stronger."""
    path = Path(os.environ.get("SEAMLINE_LOCAL", ROOT / ".local")) / "env.sh"
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.removeprefix("export ").partition("=")
        if separator and name.isidentifier():
            os.environ.setdefault(name, "".join(shlex.split(value)[:1]))
