"""The broker between the scheduler and Celery workers: redis-server on the loopback interface."""

from __future__ import annotations

import shutil
from pathlib import Path

from redis import Redis, RedisError

from sandbox.stack.components import Component, Stage
from sandbox.stack.failures import StackFailure
from sandbox.stack.ports import LOOPBACK
from sandbox.stack.private_files import write_private


def server_component(folder: Path, port: int, password: str) -> Component:
    """The broker as a component; its password is in a file of mode 0600, not on the command line.

    Raises:
        StackFailure: redis-server is not installed.
    """
    program = shutil.which("redis-server")
    if not program:
        raise StackFailure(
            "The Celery executor needs redis-server, which is not installed. Install it "
            "(Debian: `apt-get install redis-server`) or use `--executor local`."
        )
    settings = folder / "redis.conf"
    write_private(
        settings,
        f'bind {LOOPBACK}\nport {port}\nrequirepass {password}\ndir "{folder}"\nsave ""\nappendonly no\ndaemonize no\n',
    )
    return Component(name="redis", command=(program, str(settings)), stage=Stage.STORE, grace=5.0)


def answers(port: int, password: str) -> bool:
    """Whether the broker lets us in and answers a ping."""
    try:
        with Redis(LOOPBACK, port, password=password, socket_timeout=1) as client:
            return bool(client.ping())
    except RedisError:
        return False
