"""The file in which the accepted records of a delivery wait for their load: an Arrow stream, LZ4 inside.

One task writes it, another reads it once; see ``docs/decisions/0003-accepted-records-wait-in-a-file.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import polars as pl
import pyarrow as pa

OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


class AcceptedRecords:
    """Writes frames of one schema, each while the next one is made; a first frame without rows sets the schema.

    Args:
        path: local, or of an object store.
    """

    def __init__(self, path: Any):
        self.path = path
        self._file: Any = None
        self._stream: pa.RecordBatchStreamWriter | None = None
        self._thread = ThreadPoolExecutor(1, "accepted-records")
        self._writing: Future[None] | None = None

    def append(self, frame: pl.DataFrame) -> None:
        """Write a frame behind the others; what went wrong with the one before it is raised here."""
        table = frame.to_arrow(compat_level=pl.CompatLevel.newest())
        if self._stream is None:
            self._open(table.schema)
        elif not frame.height:
            return
        self._await()
        self._writing = self._thread.submit(self._stream.write_table, table)

    def close(self) -> None:
        """All of it is there for whoever reads it next; a second time nothing is left to do."""
        stream, self._stream = self._stream, None
        try:
            self._await()
        finally:
            self._thread.shutdown()
            if stream is not None:
                stream.close()
                self._file.close()

    def _open(self, schema: pa.Schema) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("wb")
        self._stream = pa.ipc.new_stream(self._file, schema, options=OPTIONS)

    def _await(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()


def frames(path: Any) -> Iterator[pl.DataFrame]:
    """The records as they were written; a first frame without rows is one of them."""
    with path.open("rb") as file, pa.ipc.open_stream(file) as stream:
        empty = stream.schema.empty_table()
        batch = None
        for batch in stream:
            yield _frame(pa.Table.from_batches([batch]))
        if batch is None:
            yield _frame(empty)


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame
