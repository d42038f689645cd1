"""EDIFACT: bytes to interchanges, groups, messages and records, and back. No input or output.

How the files tell it, in the order in which bytes pass through them:

- ``window`` holds the part of a file in view; ``separators`` learns from UNA and UNB what separates, ``characters``
  what encodes; ``capturing`` cuts segments and messages out; ``segments`` gives them one fixed set of separators.
- ``definitions`` is the standard as data (``standard/*.yml``); ``grammar`` makes expressions of it, ``elements``
  checks what is in a segment, ``checking`` the whole of a message.
- ``envelopes`` are the events that a reader gets; ``envelope_checks`` and ``messages`` say what is wrong with them, in
  ``codes`` of the standard; ``reading`` yields them.
- ``structure`` makes a document of names of a message, and segments of such a document; ``contexts``, ``moments`` and
  ``records`` make rows of typed tables.
- ``summarizing`` says in words what a message says.
- ``writing`` goes the other way, and ``acknowledging`` writes the answer: CONTRL.

What EDIFACT has in common with X12 (the window, segments as data, the placing in groups) stands in ``x12``.
"""

from include.formats.edifact.acknowledging import (
    Action,
    acknowledgement,
    answering_interchange,
    interchange_answer,
    is_to_be_acknowledged,
    message_answer,
)
from include.formats.edifact.characters import encoding_of, outside_repertoire
from include.formats.edifact.codes import RULES, SYNTAX_ERRORS, Level, SyntaxFinding, readable
from include.formats.edifact.definitions import MessageDefinition, described_messages, message_definition
from include.formats.edifact.envelopes import (
    Event,
    Group,
    GroupEnd,
    Interchange,
    InterchangeEnd,
    Message,
    MessageType,
    MessageVerdict,
    Party,
    Reading,
    Stray,
    envelope_segments,
)
from include.formats.edifact.reading import read
from include.formats.edifact.records import RecordTables, UnfitValue
from include.formats.edifact.segments import Element, Segment, segment, shown
from include.formats.edifact.separators import LEVEL_A, LEVEL_B, Separators
from include.formats.edifact.structure import (
    InvalidDocument,
    document,
    segment_document,
    segment_of_document,
    segments_of_document,
)
from include.formats.edifact.summarizing import Summary, summary
from include.formats.edifact.writing import InterchangeHeader, Unwritable, interchange, message, write

__all__ = [
    "LEVEL_A",
    "LEVEL_B",
    "RULES",
    "SYNTAX_ERRORS",
    "Action",
    "Element",
    "Event",
    "Group",
    "GroupEnd",
    "Interchange",
    "InterchangeEnd",
    "InterchangeHeader",
    "InvalidDocument",
    "Level",
    "Message",
    "MessageDefinition",
    "MessageType",
    "MessageVerdict",
    "Party",
    "Reading",
    "RecordTables",
    "Segment",
    "Separators",
    "Stray",
    "Summary",
    "SyntaxFinding",
    "UnfitValue",
    "Unwritable",
    "acknowledgement",
    "answering_interchange",
    "described_messages",
    "document",
    "encoding_of",
    "envelope_segments",
    "interchange",
    "interchange_answer",
    "is_to_be_acknowledged",
    "message",
    "message_answer",
    "message_definition",
    "outside_repertoire",
    "read",
    "readable",
    "segment",
    "segment_document",
    "segment_of_document",
    "segments_of_document",
    "shown",
    "summary",
    "write",
]
