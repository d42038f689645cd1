"""What a suite may know of the batch it judges, beside its rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """A batch in numbers.

    Attributes:
        row_count: keys that would change.
        live_keys: keys of the entity that the channel shows already.
    """

    row_count: int
    live_keys: int

    def most_rows(self, share: float, at_least: int) -> int | None:
        """How many keys may change at once; None while the channel is filled for the first time."""
        return max(at_least, int(share * self.live_keys)) if self.live_keys else None
