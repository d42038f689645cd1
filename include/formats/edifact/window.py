"""The part of a file that is being looked at, and what of it can be shown in another encoding."""

from __future__ import annotations

from codecs import IncrementalDecoder, getincrementaldecoder, register_error
from collections.abc import Iterable

from include.formats.x12.window import Window

# Surrogates that `surrogateescape` writes as a byte which is in no UTF-8 text: whoever reads it finds it. By itself
# that handler takes bytes above 0x7F only, and where bytes are shifted any of them can be wrong.
_UNDECODED = "seamline.undecoded"
register_error(_UNDECODED, lambda error: ("\udcff" * (error.end - error.start), error.end))


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
        self._decoder = getincrementaldecoder(encoding)(_UNDECODED)
        self.data = bytearray(self._shown(bytes(self.data)))

    def _recoded(self) -> Iterable[bytes]:
        for block in self._source:
            yield block if self._decoder is None else self._shown(block)
        if self._decoder is not None:
            yield self._decoder.decode(b"", True).encode("utf-8", "surrogateescape")

    def _shown(self, block: bytes) -> bytes:
        assert self._decoder is not None
        return self._decoder.decode(block).encode("utf-8", "surrogateescape")
