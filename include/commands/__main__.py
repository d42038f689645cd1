"""Runs the command line and turns every error into a sentence and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

CLEAN, FINDINGS, CANNOT = 0, 1, 2
INTERRUPTED = 130
"""What the parser of the command line returns for Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 clean, 1 findings, 2 cannot.

    Args:
        arguments: what follows ``./seamline``; with ``--json`` among them, an error is a JSON document as well.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    _prepare_streams()
    try:
        code = _run(given)
        sys.stdout.flush()
        return code
    except (BrokenPipeError, SystemExit):  # whoever read our output has gone, as `head` does
        _drop_output()
        return CANNOT
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:
        return _cannot(error, as_json="--json" in given)


def _run(arguments: list[str]) -> int:
    from include.commands.app import app
    from include.commands.local_stack import use_local_stack

    use_local_stack()
    found = app(args=arguments, standalone_mode=False, prog_name="./seamline")
    if found == INTERRUPTED:
        return _interrupted()
    return found if isinstance(found, int) else CLEAN


def _cannot(error: Exception, *, as_json: bool) -> int:
    from include.commands.complaints import complaint

    told = complaint(error)
    try:
        print(told.text, file=sys.stderr)
        if as_json:
            from include.commands import printing

            printing.as_json({"error": told.document})
        sys.stdout.flush()  # what cannot be written now would fail again when the interpreter ends
    except OSError:  # nowhere to say it
        _drop_output()
    return CANNOT


def _interrupted() -> int:
    print(
        "\nInterrupted. What was stored before stays, and giving the command again doubles nothing.",
        file=sys.stderr,
    )
    return CANNOT


def _prepare_streams() -> None:
    """Output that is closed is thrown away; names of files that are no text are written with escapes."""
    for name in ("stdout", "stderr"):
        stream: Any = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _drop_output() -> None:
    """Let nothing be written any more, not even when the interpreter ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    finally:
        os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
