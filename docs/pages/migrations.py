"""What the migrations make, read from their SQL: schemas, tables, views, and what is said of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from include.stores.migrations import FOLDER


@dataclass(frozen=True, slots=True)
class Schema:
    """The database as the migrations leave it.

    Attributes:
        relations: ``schema.table`` of every table and view, in the order in which they were made.
        comments: what is said of ``schema``, ``schema.table`` and ``schema.table.column``.
        roles: what each role is for.
    """

    relations: tuple[str, ...]
    comments: dict[str, str]
    roles: dict[str, str]


@cache
def schema() -> Schema:
    """What all migrations together make."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.sql")))
    return Schema(tuple(_relations(text)), _comments(text), _roles(text))


def _relations(text: str) -> dict[str, None]:
    """Tables and views that were made and not dropped again."""
    found: dict[str, None] = {}
    made = r"^(create|drop) (?:or replace )?(?:table|view) (?:if (?:not )?exists )?(\w+\.\w+)"
    for verb, name in re.findall(made, text, re.MULTILINE):
        if verb == "create":
            found[name] = None
        else:
            found.pop(name, None)
    return found


def _comments(text: str) -> dict[str, str]:
    said = r"^comment on (?:schema|table|view|column) (\S+) is\s+'((?:[^']|'')*)'"
    return {name: comment.replace("''", "'") for name, comment in re.findall(said, text, re.MULTILINE)}


def _roles(text: str) -> dict[str, str]:
    return dict(re.findall(r"^--   (seamline_\w+) +(.+)$", text, re.MULTILINE))
