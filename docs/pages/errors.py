"""``errors.md``: every error, by what happens next."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import include.systems
from docs.pages.markdown import code, joined, link, one_line, opening, table
from include.errors import RetryLater, SeamlineError, SetAside, Stop

GROUPS = {
    RetryLater: "The task tries again by itself: three times, with growing pauses. Nothing was lost.",
    SetAside: "This record, delivery or message is at fault and waits as a dead letter; the others go on.",
    Stop: "The task fails at once, without a retry, and its owner is told: a person must act.",
}


def page() -> str:
    """The tree, then each group with its advice."""
    _import_systems()
    return joined(
        [
            opening("Errors", "the docstrings of `include/errors.py` and of the systems' clients"),
            "An error says what happened, where, and with which value; the advice is what the reader of a log, a page "
            "or the command line gets with it.",
            "```text\n" + "\n".join(_tree(SeamlineError)) + "\n```",
            *(part for group in GROUPS for part in _group(group)),
        ]
    )


def _group(group: type[SeamlineError]) -> Iterator[str]:
    yield f"## {group.__name__}\n\n{GROUPS[group]}"
    rows = [(code(one.__name__), _advice(one), _where(one)) for one in _with_descendants(group)]
    yield table(("error", "advice", "where"), rows)


def _tree(error: type[SeamlineError], above: str = "") -> Iterator[str]:
    if not above:
        yield error.__name__
    children = _children(error)
    for child in children:
        is_last = child is children[-1]
        yield f"{above}{'└── ' if is_last else '├── '}{child.__name__}"
        yield from _tree(child, above + ("    " if is_last else "│   "))


def _with_descendants(error: type[SeamlineError]) -> Iterator[type[SeamlineError]]:
    yield error
    for child in _children(error):
        yield from _with_descendants(child)


def _children(error: type[SeamlineError]) -> list[type[SeamlineError]]:
    """Those that the page is about: a test or a command may have made others."""
    ours = [
        child
        for child in error.__subclasses__()
        if child.__module__.startswith(("include.errors", "include.systems."))
    ]
    return sorted(ours, key=lambda child: (child.__module__ != "include.errors", _line(child)))


def _line(error: type[SeamlineError]) -> tuple[str, int]:
    return error.__module__, inspect.getsourcelines(error)[1]


def _advice(error: type[SeamlineError]) -> str:
    return one_line(inspect.getdoc(error) or "")


def _where(error: type[SeamlineError]) -> str:
    path = f"{error.__module__.replace('.', '/')}.py"
    return link(code(path), f"../{path}")


def _import_systems() -> None:
    for module in pkgutil.walk_packages(include.systems.__path__, "include.systems."):
        importlib.import_module(module.name)
