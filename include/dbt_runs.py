"""dbt as the build's steps run it: in a process of its own, in the folder ``dbt_project``.

The process is forked, not started: where a worker has loaded dbt before it forked the task (``worker_start``), dbt
begins at once. What it does to its environment, folder and streams stays in it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from include.delivery import Endpoint
from include.errors import Misconfigured
from include.news_of_builds import nodes_with_news, selected

PROJECT = Path(__file__).parent.parent / "dbt_project"
FAILED = 1
NOWHERE = Endpoint(host="nowhere")
"""For what dbt does without a database; its profile wants an address all the same."""
PARSED = "partial_parse.msgpack"
NOT_PART = {"target", "logs", "dbt_packages", "README.md", ".user.yml"}
GROUPS = ("staging", "conformed_products", "conformed_stock", "conformed_orders", "metrics", "outbound")


@dataclass(frozen=True, slots=True)
class Failure:
    """A model, test or seed that failed, and what dbt says of it."""

    node: str
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class Run:
    """What a dbt invocation did.

    Attributes:
        nodes: how many models, tests and seeds ran.
        failures: those that failed; without any, dbt succeeded.
        output: the last lines that dbt printed.
    """

    nodes: int
    failures: tuple[Failure, ...]
    output: str


def project_sha256() -> str:
    """Changes whenever a file of the dbt project does."""
    digest = hashlib.sha256()
    for path in _project_files():
        digest.update(f"{path.relative_to(PROJECT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def build(where: Endpoint, group: str) -> Run:
    """Run and test one group of models; see ``dbt_project/selectors.yml``.

    Args:
        where: the warehouse, with the builder's role.
    """
    return _dbt(where, group, "--no-write-json", "build", "--selector", group)


def build_news(where: Endpoint, group: str, tables: Collection[str]) -> Run | None:
    """Run and test what of a group is made from source tables with news; see ``news_of_builds``.

    Returns:
        None if nothing is.

    Raises:
        Misconfigured: dbt cannot read its project.
    """
    known = manifest(where)
    nodes = selected(known, nodes_with_news(known, group, tables))
    if not nodes:
        return None
    # Unit tests check rules, not data: they come with the project, not with a delivery.
    chosen = ["--select", *nodes, "--indirect-selection", "empty", "--exclude", "test_type:unit"]
    return _dbt(where, group, "--no-write-json", "build", *chosen)


def target_folder(group: str) -> Path:
    """Where dbt keeps what it compiled, one folder a group, so that two may run at once."""
    root = Path(os.environ.get("SEAMLINE_DBT_TARGET", PROJECT / "target"))
    return root / group


def borrow_parsed_project(target: Path) -> None:
    """Let a group take over what another parsed last: parsing the project anew takes seconds."""
    parsed = target / PARSED
    others = [path for path in target.parent.glob(f"*/{PARSED}") if path != parsed]
    if not parsed.exists() and others:
        made = parsed.with_suffix(".borrowed")
        shutil.copyfile(max(others, key=lambda path: path.stat().st_mtime), made)
        made.rename(parsed)


def parsed_semantic_layer() -> dict[str, Any]:
    """The project's semantic models and metrics (``semantic_manifest.json``); needs no database.

    Raises:
        Misconfigured: dbt cannot read its project.
    """
    _parse(NOWHERE)
    return json.loads((target_folder("parse") / "semantic_manifest.json").read_text(encoding="utf-8"))


def documented() -> Path:
    """The site of the project, with its lineage, as one HTML file; needs no database.

    Raises:
        Misconfigured: dbt cannot read its project.
    """
    _parse(NOWHERE)
    run = _dbt(NOWHERE, "parse", "docs", "generate", "--no-compile", "--empty-catalog", "--static")
    path = target_folder("parse") / "static_index.html"
    if run.failures or not path.is_file():
        raise Misconfigured(f"dbt cannot document its project: {run.output}")
    return path


def manifest(where: Endpoint) -> dict[str, Any]:
    """What dbt knows of the project's models, tests and sources.

    Raises:
        Misconfigured: dbt cannot read its project.
    """
    _parse(where)
    return json.loads((target_folder("parse") / "manifest.json").read_text(encoding="utf-8"))


def _parse(where: Endpoint) -> None:
    """Read the project, if it has changed since it was read last."""
    path = target_folder("parse") / "semantic_manifest.json"
    stamp = target_folder("parse") / "project_sha256"
    if not path.is_file() or not stamp.is_file() or stamp.read_text() != project_sha256():
        run = _dbt(where, "parse", "parse")
        if run.failures or not path.is_file():
            raise Misconfigured(f"dbt cannot read its project: {run.output}")
        stamp.write_text(project_sha256())


def _dbt(where: Endpoint, group: str, *arguments: str) -> Run:
    target = target_folder(group)
    target.mkdir(parents=True, exist_ok=True)
    borrow_parsed_project(target)
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    # The file of everything that dbt thinks of costs an eighth of a build, and nobody reads it.
    quiet = ["--no-use-colors", "--log-level-file", "info"]
    command = [*quiet, *arguments, "--target-path", str(target), "--log-path", str(target)]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        exit_code = _forked(command, _environment(where), output, results)
        output.seek(0)
        lines = output.read().splitlines()
    return _read(results, exit_code, "\n".join(lines[-30:]))


def _forked(command: list[str], environment: dict[str, str], output: IO[str], results: Path) -> int:
    """The exit code of dbt, or minus the signal that ended it.

    Not by ``multiprocessing``: it refuses to fork in what Celery calls a daemon.
    """
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    exit_code = FAILED
    try:
        exit_code = _invoke(command, environment, output, results)
    except BaseException:
        # Whatever it is: a fork must never go on as the task that it was forked from.
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(exit_code)


def _invoke(command: list[str], environment: dict[str, str], output: IO[str], results: Path) -> int:
    """What the forked process does."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(PROJECT)
    _leave_the_task(output)
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    ended = dbtRunner().invoke(command)
    if isinstance(ended.result, RunExecutionResult):
        ended.result.write(str(results))
    return 0 if ended.success else FAILED


def _leave_the_task(output: IO[str]) -> None:
    """Whatever the task that was forked has to do with Airflow is not ours: its streams, its log, its signals."""
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    for number in (1, 2):
        os.dup2(output.fileno(), number)
    sys.stdout = sys.stderr = os.fdopen(1, "w", encoding="utf-8", errors="replace", closefd=False)
    logging.getLogger().handlers.clear()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _environment(where: Endpoint) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "SEAMLINE_DBT_HOST": where.host,
        "SEAMLINE_DBT_PORT": str(where.port or 5432),
        "SEAMLINE_DBT_USER": where.login or "",
        "SEAMLINE_DBT_PASSWORD": where.password or "",
        "SEAMLINE_DBT_DBNAME": where.schema or "",
    }


def _read(results: Path, exit_code: int, output: str) -> Run:
    failed = (
        (Failure("dbt", "error", output or f"It ended with exit code {exit_code}."),) if exit_code else ()
    )
    if not results.is_file():
        return Run(0, failed, output)
    found = json.loads(results.read_text(encoding="utf-8"))["results"]
    return Run(len(found), tuple(_failures(found)) or failed, output)


def _failures(results: list[dict[str, Any]]) -> Iterator[Failure]:
    for result in results:
        if result["status"] in ("error", "fail", "runtime error"):
            message = " ".join((result.get("message") or "").split())
            yield Failure(result["unique_id"].split(".", 2)[2], result["status"], message)


def _project_files() -> list[Path]:
    return sorted(
        path
        for path in PROJECT.rglob("*")
        if path.is_file()
        and path.relative_to(PROJECT).parts[0] not in NOT_PART
        and "__pycache__" not in path.parts
    )
