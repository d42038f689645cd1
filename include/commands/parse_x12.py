"""``parse`` for X12: the documents of a file for people, everything in it for programs, and the answer it gets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from include.commands.parsed_documents import MOST_DOCUMENTS, heading, verdict
from include.formats import x12

RELEASE = "004010"


def structure(blocks: Iterable[bytes], *, is_whole: bool) -> Structure:
    """What is in a file, as its blocks come in.

    Args:
        is_whole: keep every transaction set with all that is in it; else of each what people are shown.

    Raises:
        Unreadable: there is no interchange in it.
    """
    made = Structure(is_whole)
    for event in x12.read(blocks):
        made.take(event)
    return made


class Structure:
    """The interchanges of a file as JSON objects, and what is wrong with them.

    Attributes:
        interchanges: with their groups and transaction sets.
        findings: of every level, in the order of the file.
        not_checked: how many sets are read as an envelope only, by their identifier.
    """

    def __init__(self, is_whole: bool):
        self.interchanges: list[dict[str, Any]] = []
        self.findings: list[x12.SyntaxFinding] = []
        self.not_checked: Counter[str] = Counter()
        self._is_whole = is_whole
        self._sets = 0

    def take(self, event: x12.Event) -> None:
        """The next event of the file."""
        match event:
            case x12.Interchange():
                self.interchanges.append(_interchange(event))
            case x12.InterchangeNote():
                note = [event.segment.tag, *event.segment.elements]
                self.interchanges[-1]["notes"].append(note)
            case x12.Group():
                self.interchanges[-1]["groups"].append(_group(event))
            case x12.TransactionSet():
                self._take_set(event)
            case x12.GroupEnd():
                group = self.interchanges[-1]["groups"][-1]
                group |= {"is_accepted": event.is_accepted, "findings": self._noted(event.findings)}
            case x12.InterchangeEnd():
                self.interchanges[-1] |= {
                    "is_accepted": event.is_accepted,
                    "findings": self._noted(event.findings),
                }
            case x12.Stray():
                self._noted(event.findings)

    def _take_set(self, event: x12.TransactionSet) -> None:
        self._sets += 1
        is_checked = event.definition is not None
        self.not_checked[event.set_id] += not is_checked
        made: dict[str, Any] = {
            "set_id": event.set_id,
            "control_number": event.control_number,
            "segments": len(event.segments),
            "is_checked": is_checked,
            "is_accepted": event.is_accepted if is_checked or not event.is_accepted else None,
        }
        if self._is_whole:
            made["document"] = x12.document(event)
        if self._is_whole or self._sets <= MOST_DOCUMENTS:
            made["summary"] = {name: value for name, value in asdict(x12.summary(event)).items() if value}
        made["findings"] = self._noted(event.findings)
        self.interchanges[-1]["groups"][-1]["sets"].append(made)

    def _noted(self, findings: Iterable[x12.SyntaxFinding]) -> list[dict[str, object]]:
        found = list(findings)
        self.findings += found
        return [each.to_json() for each in found]


def acknowledgements(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """For each interchange the one that answers it: a 997 for each group, TA1 where it was asked for or is needed.

    Its numbers are those of the first thing that we ever send.
    """
    groups: list[x12.GroupEnd] = []
    for event in x12.read(blocks):
        if isinstance(event, x12.GroupEnd) and x12.is_to_be_acknowledged(event):
            groups.append(event)
        elif isinstance(event, x12.InterchangeEnd):
            is_noted = not event.is_accepted or event.interchange.acknowledgement_requested == "1"
            notes = [x12.interchange_acknowledgement(event)] if is_noted else []
            answered = groups if event.is_accepted else []
            if notes or answered:
                yield _answer(event, notes, answered)
            groups = []


def not_checked(sets: Counter[str]) -> Iterator[str]:
    """A sentence for each kind of transaction set that is not described."""
    for set_id, count in sets.items():
        if count:
            what = "set" if count == 1 else "sets"
            yield (
                f"{count:,} transaction {what} {set_id or 'without a name'}: not described here for this version, so "
                "the envelope and the counts were checked and the content was not"
            )


def titled(interchanges: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """What people are shown, in order: headings, and the sets under them with their titles."""
    for each in interchanges:
        parties = each["sender"], each["receiver"]
        yield heading(each, *parties, each["control_number"], f"version {each['version']}"), None
        for group in each["groups"]:
            name = f"group {group['control_number']} of {group['functional_id']} {group['version']}"
            yield f"{name}, {verdict(group)}", None
            for one in group["sets"]:
                title = f"{one['set_id'] or 'set without a name'} {one['control_number']}: {one['segments']:,} segments"
                yield f"{title}, {verdict(one)}", one


def _answer(end: x12.InterchangeEnd, notes: list[x12.Segment], groups: list[x12.GroupEnd]) -> bytes:
    begin, now = end.interchange, datetime.now(UTC)
    header = x12.InterchangeHeader(
        sender=begin.receiver, receiver=begin.sender, control_number=1, prepared_at=now, is_test=begin.is_test
    )
    made = []
    for number, group in enumerate(groups, 1):
        of_group = x12.GroupHeader(
            functional_id="FA",
            sender=group.group.receiver,
            receiver=group.group.sender,
            control_number=number,
            prepared_at=now,
            version=RELEASE,
        )
        made.append(x12.functional_group(of_group, [x12.functional_acknowledgement(group, "0001", RELEASE)]))
    answer = x12.interchange(header, made, notes)
    try:
        return x12.write(answer, x12.Separators(line_break=b"\n"), "utf-8")
    except x12.Unwritable:
        # A code of the sender's holds one of the usual separators; it cannot hold one of its own.
        return x12.write(answer, begin.separators, "utf-8")


def _interchange(event: x12.Interchange) -> dict[str, Any]:
    marks = event.separators
    return {
        "control_number": event.control_number,
        "sender": ":".join(event.sender),
        "receiver": ":".join(event.receiver),
        "version": event.version,
        "separators": {
            name: getattr(marks, name).decode("latin-1")
            for name in ("element", "component", "repetition", "segment")
        },
        "prepared_at": event.prepared_at,
        "acknowledgement_requested": event.acknowledgement_requested,
        "is_test": event.is_test,
        "is_accepted": False,
        "findings": [],
        "notes": [],
        "groups": [],
    }


def _group(event: x12.Group) -> dict[str, Any]:
    return {
        "control_number": event.control_number,
        "functional_id": event.functional_id,
        "version": event.version,
        "sender": event.sender,
        "receiver": event.receiver,
        "prepared_at": event.prepared_at,
        "is_accepted": False,
        "findings": [],
        "sets": [],
    }
