"""dbt as a process that stays: each line of standard input is a JSON list of environment and arguments, each line of
standard output what came of it. The project is parsed once, as it is when the process starts: reading it anew for every
invocation would be a quarter of their time. Every database must have the name that it has then.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest


def main() -> None:
    """Run commands until standard input ends."""
    runner = parsed()
    for line in sys.stdin:
        environment, arguments = json.loads(line)
        os.environ.update(environment)
        results = Path(environment["DBT_TARGET_PATH"], "run_results.json")
        results.unlink(missing_ok=True)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            ended = runner.invoke(["--no-use-colors", "--log-level-file", "info", *arguments])
        said = {
            "returncode": 0 if ended.success else 1,
            "output": printed.getvalue() + str(ended.exception or ""),
            "results": json.loads(results.read_text())["results"] if results.exists() else [],
        }
        print(json.dumps(said), flush=True)


def parsed() -> dbtRunner:
    """Runs over the parsed project."""
    with contextlib.redirect_stdout(sys.stderr):
        parsing = dbtRunner().invoke(["--quiet", "parse"])
    if not isinstance(parsing.result, Manifest):
        raise SystemExit(f"dbt cannot read its project: {parsing.exception}")
    return dbtRunner(manifest=parsing.result)


if __name__ == "__main__":
    main()
