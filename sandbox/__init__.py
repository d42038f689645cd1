"""Stand-ins for the outside systems: they speak the real protocols over real sockets, hold one made-up
retailer's data, refuse what the vendors refuse, and fail when they are told to.

    world/          the retailer: articles, stock, customers, orders; all from one seed
    days/           what happens on the first and the second day, and what is to be counted then
    deliveries/     the partners' files, byte by byte
    akeneo/         the PIM's REST API
    shopify/        the shop's Admin GraphQL API
    sftp.py         the partners' mailboxes
    faults.py       what can go wrong, and when
    systems.py      all of them together; serve.py starts them in a process of their own
    stack/          the whole suite on one machine

In tests: ``with sandbox.running(tmp_path, scale=0.1) as box:``. Nothing in ``include/`` imports this.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.systems import Sandbox


@contextmanager
def running(state_dir: Path, *, clock: Clock | None = None, **settings: object) -> Iterator[Sandbox]:
    """The stand-ins, for as long as the block lasts.

    Args:
        state_dir: where their state is kept.
        clock: what time it is; the machine's time where none is given.
        settings: as in ``sandbox.systems.Settings``: scale, seed, start, day, ports …
    """
    # The servers are imported when they are wanted: sandbox.stack shares this package and must start fast.
    from sandbox.clock import wall_clock
    from sandbox.systems import Sandbox, Settings

    sandbox = Sandbox(Settings(state_dir=state_dir, **settings), clock or wall_clock)
    try:
        yield sandbox
    finally:
        sandbox.close()
