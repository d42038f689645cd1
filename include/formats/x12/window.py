"""The part of a file that is being looked at: blocks come in at the end, what was read is dropped at the front."""

from __future__ import annotations

from collections.abc import Iterable


class Window:
    """A stretch of a file that moves forward and never grows beyond what its reader leaves in it.

    Attributes:
        data: the bytes in view.
        offset: 0-based position of the first of them in the file.
        line: 1-based line that it stands on.
    """

    def __init__(self, blocks: Iterable[bytes]):
        self.data = bytearray()
        self.offset = 0
        self.line = 1
        self._blocks = iter(blocks)
        # While line breaks are taken out of the view: the same stretch with them.
        self._wrapped: bytearray | None = None

    def extend(self) -> bool:
        """Take the next block into view; false at the end of the file."""
        for block in self._blocks:
            if block:
                self.data += block if self._wrapped is None else block.translate(None, b"\r\n")
                if self._wrapped is not None:
                    self._wrapped += block
                return True
        return False

    def fill(self, length: int) -> bool:
        """Bring at least ``length`` bytes into view; false where the file has no more."""
        while len(self.data) < length:
            if not self.extend():
                return False
        return True

    def drop(self, length: int) -> None:
        """Move on by ``length`` bytes of the view."""
        source, passed = self.data, length
        if self._wrapped is not None:
            source, passed = self._wrapped, _length_with_breaks(self._wrapped, length)
            del self.data[:length]
        self.line += source.count(b"\n", 0, passed)
        self.offset += passed
        del source[:passed]

    def unwrap(self) -> None:
        """From here on, show no line breaks."""
        self._wrapped = self.data
        self.data = self.data.translate(None, b"\r\n")

    def rewrap(self) -> None:
        """Show the bytes as they are again."""
        if self._wrapped is not None:
            self.data, self._wrapped = self._wrapped, None


def _length_with_breaks(data: bytearray, length: int) -> int:
    """How many bytes of ``data`` hold the first ``length`` of them that are no line breaks."""
    end = length
    while (needed := length + data.count(b"\r", 0, end) + data.count(b"\n", 0, end)) != end:
        end = needed
    return end
