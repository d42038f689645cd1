"""The part of a file that is being looked at, and what of it can be shown in another encoding."""

from __future__ import annotations

from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Iterable

from include.formats.x12.window import Window


class RecodingWindow(Window):
    """A window that can show the rest of its file in UTF-8, for an encoding in which no byte stands for itself.

    From there on, ``offset`` counts the bytes shown.
    """

    def __init__(self, blocks: Iterable[bytes]):
        super().__init__(blocks)
        self._decoder: IncrementalDecoder | None = None
        self._source = self._blocks
        self._blocks = self._recoded()

    def recode(self, encoding: str) -> None:
        """Show what is in view and what comes in UTF-8."""
        self._decoder = getincrementaldecoder(encoding)("surrogateescape")
        self.data = bytearray(self._shown(bytes(self.data)))

    def _recoded(self) -> Iterable[bytes]:
        for block in self._source:
            yield block if self._decoder is None else self._shown(block)
        if self._decoder is not None:
            yield self._decoder.decode(b"", True).encode("utf-8", "surrogateescape")

    def _shown(self, block: bytes) -> bytes:
        assert self._decoder is not None
        return self._decoder.decode(block).encode("utf-8", "surrogateescape")
