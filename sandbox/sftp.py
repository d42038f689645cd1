"""An SFTP server with one account per kind of partner, each shut in its own folder.

It refuses what a careful server refuses: unknown keys and passwords, paths that climb out of the folder, links.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from stat import S_ISREG

import paramiko
from paramiko import SFTPAttributes, SFTPServer

from sandbox.faults import Fault, FaultKind, Faults
from sandbox.state import State

SYSTEM = "sftp"
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A partner's account.

    Attributes:
        folder: all that it can see.
        public_key: base64 of the key that it may use instead of the password.
    """

    name: str
    password: str
    public_key: str
    folder: Path


@dataclass(slots=True)
class Surroundings:
    """What all sessions share: accounts, faults, and how much a growing file shows."""

    accounts: dict[str, Account]
    state: State
    faults: Faults
    looks: Counter[Path] = field(default_factory=Counter)
    shown: dict[Path, int] = field(default_factory=dict)

    def fault(self, operation: str, subject: str) -> Fault | None:
        """The fault that an operation meets, after its delay."""
        self.state.count_request(SYSTEM, operation)
        fault = self.faults.take(SYSTEM, operation, subject)
        if fault is not None and fault.kind is FaultKind.LATENCY:
            time.sleep(fault.seconds)
        return fault


class _Session(paramiko.ServerInterface):
    """Lets accounts in, by password or key, to SFTP and nothing else."""

    def __init__(self, surroundings: Surroundings):
        self.surroundings = surroundings
        self.account: Account | None = None

    def get_allowed_auths(self, username: str) -> str:
        return "publickey,password"

    def check_auth_password(self, username: str, password: str) -> int:
        account = self.surroundings.accounts.get(username)
        fits = account is not None and hmac.compare_digest(account.password.encode(), password.encode())
        return self._let_in(account if fits else None, username)

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        account = self.surroundings.accounts.get(username)
        fits = account is not None and account.public_key == key.get_base64()
        return self._let_in(account if fits else None, username)

    def _let_in(self, account: Account | None, username: str) -> int:
        fault = self.surroundings.fault("login", username)
        if account is None or (fault is not None and fault.kind is FaultKind.REFUSED_LOGIN):
            return paramiko.AUTH_FAILED
        self.account = account
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return (
            paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        )


class _Climbing(Exception):
    """A path leads out of the account's folder."""


Answer = Callable[..., object]


def _answered(method: Answer) -> Answer:
    """Turns what can go wrong in a file operation into SFTP's own codes."""

    @wraps(method)
    def guarded(self: _Files, *arguments: object) -> object:
        try:
            return method(self, *arguments)
        except _Climbing:
            return paramiko.SFTP_PERMISSION_DENIED
        except FileExistsError:
            return paramiko.SFTP_FAILURE
        except OSError as error:
            return SFTPServer.convert_errno(error.errno)

    return guarded


class _Files(paramiko.SFTPServerInterface):
    """The folder of an account, as the client sees it."""

    def __init__(self, server: _Session, *arguments: object):
        super().__init__(server, *arguments)
        assert server.account is not None
        self._root = server.account.folder.resolve()
        self._surroundings = server.surroundings

    def _real(self, path: str) -> Path:
        """The file behind a path.

        Raises:
            _Climbing: it leads out of the folder, by dots or by a link.
        """
        depth = 0
        for part in path.split("/"):
            depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
            if depth < 0:
                raise _Climbing(path)
        real = (self._root / path.lstrip("/")).resolve()
        if not real.is_relative_to(self._root):
            raise _Climbing(path)
        return real

    def _asked(self, operation: str, path: str) -> Path:
        real = self._real(path)
        self._surroundings.fault(operation, path)
        return real

    @_answered
    def list_folder(self, path: str) -> object:
        folder = self._asked("list", path)
        return [self._attributes(entry) for entry in sorted(folder.iterdir()) if not entry.is_symlink()]

    @_answered
    def stat(self, path: str) -> object:
        return self._attributes(self._real(path))

    lstat = stat

    def _attributes(self, real: Path) -> SFTPAttributes:
        found = real.stat()
        attributes = SFTPAttributes.from_stat(found, real.name)
        if S_ISREG(found.st_mode):
            attributes.st_size = self._shown_size(real, found.st_size)
        return attributes

    def _shown_size(self, real: Path, size: int) -> int:
        fault = self._surroundings.faults.take(SYSTEM, "look", f"/{real.relative_to(self._root)}")
        if fault is None or fault.kind is not FaultKind.GROWING_FILE:
            self._surroundings.shown.pop(real, None)
            return size
        self._surroundings.looks[real] += 1
        shown = size * self._surroundings.looks[real] // ((fault.times or 1) + 1)
        self._surroundings.shown[real] = shown
        return shown

    @_answered
    def open(self, path: str, flags: int, attr: SFTPAttributes) -> object:
        real = self._asked("write" if flags & (os.O_WRONLY | os.O_RDWR) else "open", path)
        descriptor = os.open(real, flags | os.O_NOFOLLOW, 0o640)
        return _OpenFile(self._surroundings, path, real, descriptor, flags)

    @_answered
    def remove(self, path: str) -> object:
        self._asked("remove", path).unlink()
        return paramiko.SFTP_OK

    @_answered
    def rename(self, oldpath: str, newpath: str) -> object:
        old, new = self._asked("rename", oldpath), self._real(newpath)
        if new.exists():
            raise FileExistsError(newpath)
        old.rename(new)
        return paramiko.SFTP_OK

    @_answered
    def posix_rename(self, oldpath: str, newpath: str) -> object:
        self._asked("rename", oldpath).replace(self._real(newpath))
        return paramiko.SFTP_OK

    @_answered
    def mkdir(self, path: str, attr: SFTPAttributes) -> object:
        self._asked("mkdir", path).mkdir()
        return paramiko.SFTP_OK

    @_answered
    def rmdir(self, path: str) -> object:
        self._asked("rmdir", path).rmdir()
        return paramiko.SFTP_OK

    @_answered
    def chattr(self, path: str, attr: SFTPAttributes) -> object:
        _set_times(self._real(path), attr)
        return paramiko.SFTP_OK

    def readlink(self, path: str) -> int:
        return paramiko.SFTP_OP_UNSUPPORTED

    def symlink(self, target_path: str, path: str) -> int:
        return paramiko.SFTP_PERMISSION_DENIED


class _OpenFile(paramiko.SFTPHandle):
    """A file that a client reads or writes, a block at a time."""

    def __init__(self, surroundings: Surroundings, path: str, real: Path, descriptor: int, flags: int):
        super().__init__(flags)
        self._surroundings = surroundings
        self._path = path
        self._real = real
        self._descriptor = descriptor
        self._is_append = bool(flags & os.O_APPEND)
        self._fault: Fault | None = None

    def close(self) -> None:
        os.close(self._descriptor)

    def stat(self) -> SFTPAttributes:
        attributes = SFTPAttributes.from_stat(os.fstat(self._descriptor), self._real.name)
        attributes.st_size = self._surroundings.shown.get(self._real, attributes.st_size)
        return attributes

    def read(self, offset: int, length: int) -> object:
        if offset == 0:
            self._fault = self._surroundings.fault("read", self._path)
        limit = self._surroundings.shown.get(self._real)
        if limit is not None:
            length = max(min(length, limit - offset), 0)
        if self._fault is not None:
            length = self._length_left(self._fault, offset, length)
        return os.pread(self._descriptor, length, offset)

    def _length_left(self, fault: Fault, offset: int, length: int) -> int:
        if fault.kind is FaultKind.SLOW_DRIP:
            time.sleep(fault.seconds)
        if fault.kind is not FaultKind.CUT_IN_READ:
            return length
        if offset >= fault.at_byte:
            raise EOFError(f"cut at byte {fault.at_byte} of {self._path}")
        return min(length, fault.at_byte - offset)

    def write(self, offset: int, data: bytes) -> int:
        try:
            if self._is_append:
                os.write(self._descriptor, data)
            else:
                os.pwrite(self._descriptor, data, offset)
        except OSError as error:
            return SFTPServer.convert_errno(error.errno)
        return paramiko.SFTP_OK

    def chattr(self, attr: SFTPAttributes) -> int:
        _set_times(self._real, attr)
        return paramiko.SFTP_OK


def _set_times(real: Path, attr: SFTPAttributes) -> None:
    # Owners and rights are the server's; a client may say when a file was changed.
    if attr.st_mtime is not None:
        os.utime(real, (attr.st_atime or attr.st_mtime, attr.st_mtime))


class SftpServer:
    """Listens until closed.

    Args:
        host_key: the server's ed25519 key.
        port: 0 for any free one.
    """

    def __init__(
        self,
        accounts: list[Account],
        host_key: paramiko.Ed25519Key,
        state: State,
        faults: Faults,
        host: str = "127.0.0.1",
        port: int = 0,
    ):
        self._surroundings = Surroundings({account.name: account for account in accounts}, state, faults)
        self._host_key = host_key
        self._transports: set[paramiko.Transport] = set()
        self._socket = socket.create_server((host, port), backlog=32)
        self.host, self.port = self._socket.getsockname()[:2]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Takes nobody in any more and ends the sessions."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for transport in list(self._transports):
            transport.close()
        self._thread.join(timeout=2)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        transport = paramiko.Transport(connection)
        self._transports = {one for one in self._transports if one.is_active()} | {transport}
        transport.add_server_key(self._host_key)
        transport.set_subsystem_handler("sftp", _CuttableServer, _Files)
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            transport.start_server(server=_Session(self._surroundings))


class _CuttableServer(SFTPServer):
    """paramiko's server, which breaks the whole connection where a fault says so."""

    def _process(self, kind: int, request_number: int, message: paramiko.Message) -> None:
        try:
            super()._process(kind, request_number, message)
        except EOFError:
            self.sock.get_transport().close()
            raise
