"""Runs the command line and turns every error into a sentence and an exit code."""

from __future__ import annotations

import sys

CLEAN, FINDINGS, CANNOT = 0, 1, 2


def main() -> int:
    """The exit code: 0 clean, 1 findings, 2 cannot."""
    from include.commands.app import app
    from include.commands.local_stack import use_local_stack
    from include.errors import SeamlineError

    use_local_stack()
    try:
        found = app(standalone_mode=False, prog_name="./seamline")
    except SeamlineError as error:
        return _cannot(error.message, error.advice)
    except (KeyboardInterrupt, BrokenPipeError):
        return CANNOT
    except Exception as error:
        return _unexpected(error)
    return found if isinstance(found, int) else CLEAN


def _unexpected(error: Exception) -> int:
    if hasattr(error, "exit_code"):  # the command line was wrong: the parser's own error knows what to say
        getattr(error, "show", lambda: None)()
        return int(error.exit_code)
    if type(error).__module__.startswith("psycopg"):
        return _cannot(str(error).strip(), "Is the warehouse running? `make up` starts the local one.")
    return _cannot(
        f"{type(error).__name__}: {error}", "This should not happen; please report it with the command."
    )


def _cannot(message: str, advice: str) -> int:
    print(f"{message}\n{advice}".strip(), file=sys.stderr)
    return CANNOT


if __name__ == "__main__":
    sys.exit(main())
