"""``edi-write``: one interchange for a partner, from documents by the names of the standard."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from include.commands import printing
from include.errors import NotPossible
from include.systems.edi.exchange import exchange_with
from include.systems.edi.partners import PartnerProfile
from include.systems.edi.writing import Envelope, Written, write
from include.systems.partners import SYSTEMS

STANDARD_INPUT = Path("-")


def write_document(
    kind: str, partner: str, records: Path, *, number: int | None, to: Path | None, as_json: bool
) -> int:
    """Write an interchange: 0 written, 1 the documents are wrong and nothing was written.

    Args:
        partner: its account, or ``system/account`` where two systems know the same name.
        number: control number of the interchange and its group; without one it is a test with number 1.
        to: file to write to; standard output where none is named.

    Raises:
        NotPossible: no such partner, the document was not agreed with it, or the records are no JSON.
    """
    profile = _profile(partner)
    envelope = Envelope(
        control_number=1 if number is None else number,
        group_control_number=1 if number is None else number,
        prepared_at=datetime.now(UTC).astimezone(profile.zone),
        is_test=number is None,
    )
    made = write(kind.upper(), documents(records), profile, envelope)
    if made.findings:
        _tell(made, as_json)
        return 1
    if to is not None:
        to.write_bytes(made.content)
    if as_json:
        text = made.content.decode("utf-8", "backslashreplace")
        printing.as_json(
            {
                "is_test": envelope.is_test,
                "control_number": envelope.control_number,
                "content": text,
                "findings": [],
            }
        )
    elif to is None:
        sys.stdout.buffer.write(made.content)
        sys.stdout.flush()
    if number is None:
        sys.stderr.write("It says that it is a test, number 1. --control-number makes a real one.\n")
    return 0


def documents(path: Path) -> list[dict[str, Any]]:
    """The documents in a file: one, a list of them, or what ``parse --json`` shows of a set or message.

    Raises:
        NotPossible: it cannot be read, is no JSON, or holds something else.
    """
    name = "standard input" if path == STANDARD_INPUT else str(path)
    try:
        text = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
        found = json.loads(text, parse_float=str)
    except OSError as error:
        raise NotPossible(f"{name} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise NotPossible(f"{name} is no JSON: {error}.") from error
    listed = found if isinstance(found, list) else [found]
    if not listed or not all(isinstance(one, dict) for one in listed):
        raise NotPossible(
            f"{name} holds no document: an object of segments by their tags, as `./seamline parse --json` shows under "
            "`document`, or a list of such objects."
        )
    return [one["document"] if isinstance(one.get("document"), dict) else one for one in listed]


def _profile(partner: str) -> PartnerProfile:
    system, _, account = partner.rpartition("/")
    found = [
        path
        for path in sorted(SYSTEMS.glob("*_edi/partners/*.yml"))
        if path.stem == account and system in ("", path.parts[-3])
    ]
    if len(found) != 1:
        known = sorted(f"{path.parts[-3]}/{path.stem}" for path in SYSTEMS.glob("*_edi/partners/*.yml"))
        what = (
            f"Several systems have a partner {account!r}; name one"
            if found
            else f"There is no partner {partner!r}"
        )
        raise NotPossible(f"{what}: {', '.join(known)}.")
    return exchange_with(found[0].parts[-3], account)


def _tell(made: Written, as_json: bool) -> None:
    rows = [each.to_json() for each in made.findings]
    if as_json:
        printing.as_json({"content": None, "findings": rows})
        return
    printing.table(rows, [name for name in rows[0] if any(row.get(name) for row in rows)])
    printing.line("Nothing was written.")
