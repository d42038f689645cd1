"""All stand-ins in one process: ``python -m sandbox.serve --state DIR --ports akeneo=0,shopify=0,sftp=0``.

Prints one line when all of them listen; what a client needs to know stands in the ready file (mode 0600).
SIGTERM and SIGINT end it cleanly; the state stays in DIR and the next start goes on with it.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sandbox.credentials import write_private
from sandbox.systems import Sandbox, Settings
from sandbox.world import DEFAULT_SEED

SYSTEMS = ("akeneo", "shopify", "sftp")
SUPPLIERS_LOOK_SECONDS = 0.5
"""How long an order lies in a mailbox before its supplier takes it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until it is told to end."""
    options = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    ready_file = options.ready_file or options.state / "ready.json"
    try:
        sandbox = Sandbox(_settings(options))
    except (OSError, ValueError) as error:
        print(f"The sandbox cannot start: {error}. See python -m sandbox.serve --help.", file=sys.stderr)
        return 1
    write_private(ready_file, json.dumps(sandbox.ready(), indent=2) + "\n")
    print(f"ready: {ready_file}", flush=True)
    while not stopped.wait(SUPPLIERS_LOOK_SECONDS):
        sandbox.take_orders()
    ready_file.unlink(missing_ok=True)
    sandbox.close()
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        state_dir=options.state,
        scale=options.scale,
        seed=options.seed,
        start=options.start_date,
        day=options.day,
        host=options.host,
        ports=options.ports,
        akeneo_zone=options.akeneo_zone,
        bucket_size=options.shopify_bucket_size,
        restore_rate=options.shopify_restore_rate,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox.serve", description="Stand-ins for the outside systems.")
    add = parser.add_argument
    add("--state", type=Path, required=True, help="folder that keeps everything")
    add("--ports", type=_ports, default={}, help="akeneo=0,shopify=0,sftp=0; 0 is any free one")
    add(
        "--ready-file",
        type=Path,
        help="where addresses and credentials go (default: ready.json in the state)",
    )
    add("--host", default="127.0.0.1", help="address to bind")
    add("--scale", type=float, default=1.0, help="1 is 400 products in about 1,100 variants")
    add("--seed", type=int, default=DEFAULT_SEED, help="of the world")
    add(
        "--start-date",
        type=date.fromisoformat,
        help="the first business day (default: the day before yesterday)",
    )
    add("--day", type=int, choices=(0, 1), default=1, help="0 begins before the first deliveries")
    add("--akeneo-zone", default="UTC", help="time zone of the PIM's server")
    add("--shopify-bucket-size", type=float, default=2000.0, help="points an app can spend at once")
    add("--shopify-restore-rate", type=float, default=100.0, help="points that come back in a second")
    return parser


def _ports(text: str) -> dict[str, int]:
    ports = {}
    for part in filter(None, text.split(",")):
        name, _, number = part.partition("=")
        if name not in SYSTEMS or not number.isdigit():
            raise argparse.ArgumentTypeError(
                f"{part!r} is not one of {', '.join(SYSTEMS)} with a port number"
            )
        ports[name] = int(number)
    return ports


if __name__ == "__main__":
    sys.exit(main())
