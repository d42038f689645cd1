"""The landing store: bytes as they came, under their SHA-256, in a folder or any object store.

Works on whatever behaves like ``pathlib.Path``: a local path, or Airflow's ObjectStoragePath.

    sha256/ab/abcdef…            the bytes of a file or page
    incoming/<uuid>              being written; may be removed when nothing is running
    accepted/<delivery>/…        accepted records of a delivery on their way to raw; can be made again
    evidence/<flow>/…            Data Docs pages of the gates' verdicts
    line_hashes/<flow>/…         hashes of the last delivery's lines; can be lost at the cost of one slow run
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

BLOCK_BYTES = 1024 * 1024


class LandingFiles:
    """The landing store below a root path."""

    def __init__(self, root: Any):
        self.root = root

    def put(self, blocks: Iterable[bytes]) -> tuple[str, int]:
        """Store bytes as they stream by; their SHA-256 and size. The same bytes are stored once."""
        incoming = self.root / "incoming" / uuid.uuid4().hex
        incoming.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        try:
            with incoming.open("wb") as file:
                for block in blocks:
                    digest.update(block)
                    size += len(block)
                    file.write(block)
                _to_disk(file)
            self._settle(incoming, digest.hexdigest())
        finally:
            if incoming.exists():
                incoming.unlink()
        return digest.hexdigest(), size

    def blocks(self, sha256: str) -> Iterator[bytes]:
        """The bytes again."""
        with self.path(sha256).open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block

    def path(self, sha256: str) -> Any:
        """Where bytes lie."""
        return self.root / "sha256" / sha256[:2] / sha256

    def accepted(self, delivery_id: int, entity: str) -> Any:
        """Where the accepted records of a delivery wait for their load."""
        return self.root / "accepted" / str(delivery_id) / f"{entity}.arrow"

    def forget_accepted(self, delivery_id: int) -> None:
        """Remove the accepted records of a delivery that raw holds or that is refused; landing has the bytes."""
        folder = self.root / "accepted" / str(delivery_id)
        if folder.exists():
            for path in list(folder.iterdir()):
                path.unlink()
            folder.rmdir()

    def line_hashes(self, flow: str, account: str, entity: str) -> Any:
        """The folder that holds the line hashes of the last delivery of an entity."""
        return self.root / "line_hashes" / flow / hashlib.sha256(account.encode()).hexdigest()[:16] / entity

    def evidence(self, flow: str, name: str) -> Any:
        """Where the Data Docs page of a gate's verdict lies."""
        return self.root / "evidence" / flow / f"{name}.html"

    def _settle(self, incoming: Any, sha256: str) -> None:
        place = self.path(sha256)
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            incoming.rename(place)
            _name_to_disk(place)


def _to_disk(file: Any) -> None:
    """What is recorded in the ledger must survive a crash of the machine; object stores see to it themselves."""
    file.flush()
    try:
        descriptor = file.fileno()
    except (AttributeError, OSError):
        return
    os.fsync(descriptor)


def _name_to_disk(place: Any) -> None:
    """A file whose name was not written is lost, whatever its bytes."""
    if isinstance(place, Path):
        for folder in (place.parent, place.parent.parent):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
