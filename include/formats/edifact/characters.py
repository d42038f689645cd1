"""The character sets of EDIFACT: element 0001, the syntax identifier, and what Python calls them.

Source: ISO 9735 (character repertoires UNOA to UNOY). A repertoire is what the text may hold; its encoding is how.
"""

from __future__ import annotations

import re

ENCODINGS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOL": "iso8859-15",
    "UNOW": "utf-8",
    "UNOX": "iso2022_jp_2",
    "UNOY": "utf-8",
}
"""The encoding of each syntax identifier."""

STATEFUL = "UNOX"
"""The one set whose bytes mean different things in different places: it is decoded before it is cut into segments."""

# UNOA knows no lower case and few signs; UNOB is ISO 646 without what nations replaced in it.
_REPERTOIRES = {
    "UNOA": re.compile(r"[^A-Z0-9 .,\-()/=!\"%&*;<>'+:?\x1c-\x1f]"),
    "UNOB": re.compile(r"[^A-Za-z0-9 .,\-()/=!\"%&*;<>'+:?\x1c-\x1f]"),
}


def encoding_of(syntax_identifier: str) -> str | None:
    """The encoding that element 0001 names; nothing where it names none that is known."""
    return ENCODINGS.get(syntax_identifier.upper())


def outside_repertoire(text: str, syntax_identifier: str) -> re.Match[str] | None:
    """The first character that the repertoire does not have, for the two that are stricter than their encoding."""
    repertoire = _REPERTOIRES.get(syntax_identifier.upper())
    return repertoire.search(text) if repertoire else None
