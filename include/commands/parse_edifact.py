"""``parse`` for EDIFACT: the documents of a file for people, everything in it for programs, and the answer it gets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from include.commands.parsed_documents import MOST_DOCUMENTS, heading, verdict
from include.formats import edifact


def structure(blocks: Iterable[bytes], *, is_whole: bool) -> Structure:
    """What is in a file, as its blocks come in.

    Args:
        is_whole: keep every message with its records and segments; else of each what people are shown.

    Raises:
        Unreadable: there is no interchange in it.
    """
    made = Structure(is_whole)
    for event in edifact.read(blocks):
        made.take(event)
    made.finish()
    return made


class Structure:
    """The interchanges of a file as JSON objects, and what is wrong with them.

    Attributes:
        interchanges: with their groups and messages.
        findings: of every level, in the order of the file.
        not_checked: how many messages are read as an envelope only, by their type.
    """

    def __init__(self, is_whole: bool):
        self.interchanges: list[dict[str, Any]] = []
        self.findings: list[edifact.SyntaxFinding] = []
        self.not_checked: Counter[str] = Counter()
        self._is_whole = is_whole
        self._tables = edifact.RecordTables()
        self._recorded: list[dict[str, Any]] = []
        self._messages = 0

    def take(self, event: edifact.Event) -> None:
        """The next event of the file."""
        match event:
            case edifact.Interchange():
                self.interchanges.append(_interchange(event))
            case edifact.Group():
                self.interchanges[-1]["groups"].append(_group(event))
            case edifact.Message():
                self._take_message(event)
            case edifact.GroupEnd():
                group = self.interchanges[-1]["groups"][-1]
                group |= {"is_accepted": event.is_accepted, "findings": self._noted(event.findings)}
            case edifact.InterchangeEnd():
                self.interchanges[-1] |= {
                    "is_accepted": event.is_accepted,
                    "findings": self._noted(event.findings),
                }
            case edifact.Stray():
                self._noted(event.findings)

    def finish(self) -> None:
        """Give every accepted message its records."""
        if not self._recorded:
            return
        for name, frame in self._tables.frames().items():
            for row in frame.iter_rows(named=True):
                number = row.pop("message_number")
                self._recorded[number - 1]["records"].setdefault(name, []).append(row)

    def _take_message(self, event: edifact.Message) -> None:
        self._messages += 1
        findings = tuple(each for each in event.findings if each.rule != "edifact.message_not_described")
        if event.definition is None and event.has_header:
            self.not_checked[event.type.id] += 1
        made = _message(event)
        if self._is_whole:
            made |= {"document": edifact.document(event), "records": {}}
            if event.is_accepted and event.definition is not None:
                unfit = self._tables.add(event)
                findings += unfit
                made["is_accepted"] = not unfit
                if not unfit:
                    self._recorded.append(made)
        if self._is_whole or self._messages <= MOST_DOCUMENTS:
            made["summary"] = {name: value for name, value in asdict(edifact.summary(event)).items() if value}
        made["findings"] = self._noted(findings)
        of = self.interchanges[-1]
        (of["groups"][-1] if event.group is not None else of)["messages"].append(made)

    def _noted(self, findings: Iterable[edifact.SyntaxFinding]) -> list[dict[str, object]]:
        found = list(findings)
        self.findings += found
        return [each.to_json() for each in found]


def acknowledgements(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The CONTRL for each interchange that gets one, as if it were the first thing that we ever sent."""
    for event in edifact.read(blocks):
        if isinstance(event, edifact.InterchangeEnd) and edifact.is_to_be_acknowledged(event):
            marks = edifact.Separators(line_break=b"\n")
            if event.interchange.syntax_version == "4":
                marks = edifact.Separators(repetition=b"*", line_break=b"\n")
            answer = edifact.answering_interchange(event, "1", datetime.now(UTC))
            yield edifact.write(answer, marks)


def not_checked(messages: Counter[str]) -> Iterator[str]:
    """A sentence for each type of message that is not described."""
    for name, count in messages.items():
        what = "message" if count == 1 else "messages"
        yield (
            f"{count:,} {what} {name or 'without a name'}: not described here, so the envelope and the counts were "
            "checked and the content was not"
        )


def titled(interchanges: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """What people are shown, in order: headings, and the messages under them with their titles."""
    for each in interchanges:
        yield _heading(each), None
        for group in (None, *each["groups"]):
            if group is not None:
                yield f"group {group['reference']} of {group['message_type']}, {verdict(group)}", None
            for message in (each if group is None else group)["messages"]:
                name = f"{message['type'] or 'message without a type'} {message['version']} {message['reference']}"
                yield f"{name}: {message['segments']:,} segments, {verdict(message)}", message


def _interchange(event: edifact.Interchange) -> dict[str, Any]:
    marks = event.separators
    return {
        "control_reference": event.control_reference,
        "sender": ":".join(event.sender).rstrip(":"),
        "recipient": ":".join(event.recipient).rstrip(":"),
        "syntax_identifier": event.syntax_identifier,
        "syntax_version": event.syntax_version,
        "encoding": event.encoding,
        "separators": {
            name: getattr(marks, name).decode("latin-1")
            for name in ("component", "element", "decimal", "release", "repetition", "segment")
        },
        "prepared_at": event.prepared_at,
        "application_reference": event.application_reference,
        "acknowledgement_requested": event.acknowledgement_requested,
        "is_test": event.is_test,
        "is_accepted": False,
        "findings": [],
        "groups": [],
        "messages": [],
    }


def _group(event: edifact.Group) -> dict[str, Any]:
    return {
        "reference": event.reference,
        "message_type": event.message_type,
        "is_accepted": False,
        "findings": [],
        "messages": [],
    }


def _message(event: edifact.Message) -> dict[str, Any]:
    is_checked = event.definition is not None
    return {
        "reference": event.reference,
        "type": event.type.id,
        "version": ":".join(event.type[1:]).rstrip(":"),
        "segments": len(event.segments),
        "is_checked": is_checked,
        "is_accepted": event.is_accepted if is_checked or not event.is_accepted else None,
    }


def _heading(each: dict[str, Any]) -> str:
    if not each["syntax_identifier"] and not each["control_reference"]:
        return "messages without an interchange"
    syntax = f"{each['syntax_identifier']} version {each['syntax_version']}"
    return heading(each, each["sender"], each["recipient"], each["control_reference"], syntax)
