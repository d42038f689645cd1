"""What a format reader says about its input: a finding at a place, or that nothing can be read."""

from __future__ import annotations

from dataclasses import dataclass

EXCERPT_LENGTH = 200


def excerpt(value: object) -> str:
    """A value as a person can read it in a list: at most ``EXCERPT_LENGTH`` characters."""
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= EXCERPT_LENGTH else text[: EXCERPT_LENGTH - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, and where.

    Attributes:
        rule: stable name of the broken rule, as ``field_count`` or ``x12.element_too_long``.
        message: one sentence for the person who must mend it: what was found, what was expected.
        place: where, in the words of the format: ``line 12``, ``segment 14 (QTY), element 02``.
        line: 1-based line of the input, where the format has lines.
        field: the column, element or path concerned.
        value: an excerpt of what was found.
        code: the code that the format's own standard gives to this error (X12 element 718, EDIFACT 0085).
        is_fatal: the record, document or file it belongs to cannot be used.
    """

    rule: str
    message: str
    place: str = ""
    line: int | None = None
    field: str | None = None
    value: str | None = None
    code: str | None = None
    is_fatal: bool = True

    def to_json(self) -> dict[str, object]:
        """The finding as a JSON object without its empty members."""
        members = ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        return {name: value for name, value in members if value not in (None, "")}


class Unreadable(ValueError):
    """The input as a whole is not what it should be; ``finding`` says where and why."""

    def __init__(self, finding: Finding):
        super().__init__(f"{finding.place}: {finding.message}" if finding.place else finding.message)
        self.finding = finding
