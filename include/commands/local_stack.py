"""The environment that ``make up`` leaves behind, so that the command line finds the local stack."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from include.errors import Misconfigured

ROOT = Path(__file__).resolve().parents[2]


def use_local_stack() -> None:
    """Take over what the local stack has written; what the environment says already is stronger.

    Raises:
        Misconfigured: it is there and cannot be read.
    """
    path = Path(os.environ.get("SEAMLINE_LOCAL") or ROOT / ".local") / "env.sh"
    try:
        if not path.is_file():
            return
        lines = path.read_text(encoding="utf-8").splitlines()
        for line in lines:
            name, separator, value = line.removeprefix("export ").partition("=")
            if separator and name.isidentifier():
                os.environ.setdefault(name, "".join(shlex.split(value)[:1]))
    except (OSError, ValueError) as error:
        # Never the text itself: it holds passwords.
        raise Misconfigured(
            f"{path}, which `make up` writes, cannot be read: {type(error).__name__}. Run `make up` again."
        ) from None
