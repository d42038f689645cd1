"""X12: bytes to interchanges, functional groups, transaction sets and records, and back. No input or output.

How the files tell it, in the order in which bytes pass through them:

- ``window`` holds the part of a file in view; ``separators`` learns from ISA what separates; ``capturing`` cuts
  segments and transaction sets out; ``segments`` gives them one fixed set of separators.
- ``definitions`` is the standard as data (``standard/*.yml``); ``grammar`` makes expressions of it, ``placing`` finds
  the place of each segment, ``elements`` checks what is in it, ``checking`` puts the three together.
- ``envelopes`` are the events that a reader gets; ``envelope_checks`` and ``transaction_sets`` say what is wrong with
  them, in ``codes`` of the standard; ``reading`` yields them; ``loops`` makes a tree of a set.
- ``mapping``, ``shapes`` and ``moments`` make rows of a set: ``records``.
- ``structure`` makes a document of names of a set, and segments of such a document; ``summarizing`` says in words what
  a set says.
- ``writing`` goes the other way, and ``acknowledging`` writes the answers: TA1 and 997.
"""

from include.formats.x12.acknowledging import (
    Answer,
    functional_acknowledgement,
    group_answer,
    interchange_acknowledgement,
    interchange_answer,
    is_to_be_acknowledged,
    set_answer,
)
from include.formats.x12.codes import RULES, Level, SyntaxFinding, readable
from include.formats.x12.definitions import SetDefinition, described_sets, set_definition
from include.formats.x12.envelopes import (
    Event,
    Group,
    GroupEnd,
    Interchange,
    InterchangeEnd,
    InterchangeNote,
    Party,
    Reading,
    SetVerdict,
    Stray,
    TransactionSet,
    envelope_segments,
)
from include.formats.x12.loops import LoopNode, loop_tree
from include.formats.x12.mapping import InvalidMapping, RecordMapping, record_mapping
from include.formats.x12.reading import read
from include.formats.x12.records import RecordTable, RefusedRecord
from include.formats.x12.segments import ELEMENT, SEGMENT, Element, Segment, segment, shown
from include.formats.x12.separators import Separators
from include.formats.x12.structure import InvalidDocument, document, segments_of_document
from include.formats.x12.summarizing import Summary, summary
from include.formats.x12.writing import (
    GroupHeader,
    InterchangeHeader,
    Unwritable,
    functional_group,
    interchange,
    transaction_set,
    write,
)

__all__ = [
    "ELEMENT",
    "RULES",
    "SEGMENT",
    "Answer",
    "Element",
    "Event",
    "Group",
    "GroupEnd",
    "GroupHeader",
    "Interchange",
    "InterchangeEnd",
    "InterchangeHeader",
    "InterchangeNote",
    "InvalidDocument",
    "InvalidMapping",
    "Level",
    "LoopNode",
    "Party",
    "Reading",
    "RecordMapping",
    "RecordTable",
    "RefusedRecord",
    "Segment",
    "Separators",
    "SetDefinition",
    "SetVerdict",
    "Stray",
    "Summary",
    "SyntaxFinding",
    "TransactionSet",
    "Unwritable",
    "described_sets",
    "document",
    "envelope_segments",
    "functional_acknowledgement",
    "functional_group",
    "group_answer",
    "interchange",
    "interchange_acknowledgement",
    "interchange_answer",
    "is_to_be_acknowledged",
    "loop_tree",
    "read",
    "readable",
    "record_mapping",
    "segment",
    "segments_of_document",
    "set_answer",
    "set_definition",
    "shown",
    "summary",
    "transaction_set",
    "write",
]
