"""A small, strict SFTP client (SFTP version 3, draft-ietf-secsh-filexfer-02) on paramiko.

A server is known by its host key or not talked to. Files are read as streams and must be what the
folder list said they are; nothing is ever overwritten; whatever is done may be done again.
"""

from __future__ import annotations

import base64
import binascii
import errno
import hashlib
import io
import logging
import posixpath
import re
import socket
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import paramiko

from include.delivery import Endpoint
from include.errors import AccessDenied, MessageRejected, Misconfigured, SystemUnavailable

PORT = 22
CONNECT_SECONDS = 15.0
SILENCE_SECONDS = 60.0
KEEPALIVE_SECONDS = 30
CHUNK_BYTES = 32 * 1024
WINDOW_BYTES = 4 * 1024 * 1024
MAX_SAME_NAMES = 1_000
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")

# The library's own log tells of every broken connection with a traceback; ours says it in a sentence.
WIRE_LOG = "seamline.sftp.wire"
logging.getLogger(WIRE_LOG).setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file or folder on the server, as it was when it was looked at.

    Attributes:
        path: from the login's root.
        modified_at: in whole seconds, as the protocol has it.
    """

    path: str
    size_bytes: int
    modified_at: datetime
    is_folder: bool
    is_file: bool

    @property
    def name(self) -> str:
        """The last part of the path."""
        return posixpath.basename(self.path)

    @property
    def is_usable(self) -> bool:
        """Its name has no control characters, so that it can be asked for and shown."""
        return not UNPRINTABLE.search(self.path)

    def is_below(self, folder: str) -> bool:
        """It lies in the folder itself; a server may list names that lead elsewhere."""
        return posixpath.dirname(self.path) == (folder.rstrip("/") or "/") and self.name not in (
            "",
            ".",
            "..",
        )

    def is_same_as(self, other: Entry | None) -> bool:
        """The other look saw the same size and time."""
        return other is not None and (self.size_bytes, self.modified_at) == (
            other.size_bytes,
            other.modified_at,
        )


class OpenFile:
    """A file that is open on the server: it can be read even if somebody takes its name away."""

    def __init__(self, entry: Entry, handle: paramiko.SFTPFile):
        self.entry = entry
        self._handle = handle

    def blocks(self) -> Iterator[bytes]:
        """All its bytes, in blocks of ``WINDOW_BYTES``, requested ahead within one block.

        Raises:
            SystemUnavailable: it is shorter than the list said or was changed meanwhile, or the
                connection broke.
        """
        size = self.entry.size_bytes
        for start in range(0, size, WINDOW_BYTES):
            # Asked to read behind the end of a file, the library waits for answers that never come.
            self._refuse_changed()
            yield self._window(start, min(start + WINDOW_BYTES, size))
        self._refuse_changed()

    def close(self) -> None:
        """Ends the use of the file."""
        self._handle.close()

    def _refuse_changed(self) -> None:
        with _explained("look at", self.entry.path):
            now = _entry(self.entry.path, self._handle.stat())
        if not self.entry.is_same_as(now):
            raise SystemUnavailable(f"{self.entry.path} was changed while it was read.")

    def _window(self, start: int, end: int) -> bytes:
        # The library's prefetch of a whole file keeps everything that arrives before it is asked for.
        offsets = range(start, end, CHUNK_BYTES)
        with _explained("read", self.entry.path):
            data = b"".join(self._handle.readv([(at, min(CHUNK_BYTES, end - at)) for at in offsets]))
        if len(data) < end - start:
            raise SystemUnavailable(
                f"{self.entry.path} ends after {start + len(data):,} bytes; the list says {self.entry.size_bytes:,}."
            )
        return data


class Client:
    """A session with one server; see ``connected``."""

    def __init__(self, sftp: paramiko.SFTPClient):
        self._sftp = sftp

    def listing(self, folder: str) -> list[Entry]:
        """What is in a folder, by name.

        Raises:
            FileNotFoundError: there is no such folder.
            AccessDenied, SystemUnavailable, Misconfigured: see ``connected``.
        """
        with _explained("list", safe(folder)):
            found = self._sftp.listdir_attr(folder)
        entries = (_entry(f"{folder.rstrip('/')}/{one.filename}", one) for one in found)
        return sorted((entry for entry in entries if entry.is_below(folder)), key=lambda entry: entry.path)

    def entry(self, path: str) -> Entry | None:
        """A file or folder, or None if there is none."""
        try:
            with _explained("look at", safe(path)):
                return _entry(path, self._sftp.stat(path))
        except FileNotFoundError:
            return None

    @contextmanager
    def opened(self, entry: Entry) -> Iterator[OpenFile | None]:
        """A file, open; None if it is gone or not what the entry says any more."""
        handle = self._handle(entry)
        try:
            yield handle
        finally:
            if handle is not None:
                handle.close()

    def content(self, entry: Entry) -> bytes:
        """All bytes of a small file.

        Raises:
            FileNotFoundError: it is gone.
            SystemUnavailable: see ``OpenFile.blocks``.
        """
        with self.opened(entry) as file:
            if file is None:
                raise FileNotFoundError(errno.ENOENT, "is gone or was changed", entry.path)
            return b"".join(file.blocks())

    def move(self, source: str, target: str) -> str | None:
        """Move a file or folder to a place where nothing is; folders above are made.

        Where the target is taken, ``.2``, ``.3`` and so on is added to its name.

        Returns:
            where it is now; None if it is not at the source, as after an earlier move.
        """
        if self.entry(source) is None:
            return None
        self.make_folder(posixpath.dirname(target))
        free = (place for place in _places(target) if self.entry(place) is None)
        try:
            return next(place for place in free if self._renamed(source, place))
        except FileNotFoundError:
            return None
        except StopIteration:
            message = f"{target} and the {MAX_SAME_NAMES} names after it are taken. Clear the folder."
            raise Misconfigured(message) from None

    def upload(self, path: str, content: bytes) -> None:
        """Put a small file in its place, whole or not at all. The same content already there is enough.

        Raises:
            MessageRejected: other content lies there.
            AccessDenied, SystemUnavailable, Misconfigured: see ``connected``.
        """
        if self._holds(safe(path), content):
            return
        self.stage(path, content)
        if not self.put_in_place(path, content):
            raise SystemUnavailable(f"{path} could not be put in its place.")

    def stage(self, path: str, content: bytes) -> None:
        """Write a file, under a temporary name in the same folder, from which ``put_in_place`` gives it its own."""
        self._write(_temporary(safe(path), content), content)

    def put_in_place(self, path: str, content: bytes) -> bool:
        """Give a file that was staged its name; False if it is neither there nor staged, as when whoever it is for has
        taken it since.

        Raises:
            MessageRejected: other content lies there.
        """
        if self._holds(safe(path), content):
            return True
        with suppress(FileNotFoundError):
            # Whoever it is for may have taken it by the time we look again.
            if self._renamed(_temporary(path, content), path):
                return True
        return self._holds(path, content)

    def make_folder(self, path: str) -> None:
        """Make a folder, and those above it, where they are missing."""
        if path in ("", "/") or self.entry(path) is not None:
            return
        self.make_folder(posixpath.dirname(path))
        try:
            with _explained("make folder", path):
                self._sftp.mkdir(path)
        except SystemUnavailable:
            if self.entry(path) is None:
                raise

    def _handle(self, entry: Entry) -> OpenFile | None:
        try:
            with _explained("open", safe(entry.path)):
                handle = self._sftp.open(entry.path, "rb")
                now = _entry(entry.path, handle.stat())
        except FileNotFoundError:
            return None
        if entry.is_same_as(now):
            return OpenFile(entry, handle)
        handle.close()
        return None

    def _renamed(self, source: str, target: str) -> bool:
        """Rename; False if the target was taken since we looked.

        Raises:
            FileNotFoundError: the source is gone.
        """
        try:
            with _explained("rename", safe(source)):
                self._sftp.rename(source, safe(target))
        except SystemUnavailable:
            if self.entry(target) is None:
                raise
            return False
        return True

    def _holds(self, path: str, content: bytes) -> bool:
        """A file is there with this content; False if there is none.

        Raises:
            MessageRejected: it has other content.
        """
        found = self.entry(path)
        if found is None:
            return False
        try:
            is_same = found.size_bytes == len(content) and self.content(found) == content
        except FileNotFoundError:  # taken between the look and the reading
            return self._holds(path, content)
        if is_same:
            return True
        raise MessageRejected(f"{path} is there already, with other content. Nothing was overwritten.")

    def _write(self, path: str, content: bytes) -> None:
        with _explained("write", path):
            with self._sftp.open(path, "wb") as file:
                file.set_pipelined(True)
                file.write(content)
            size = self._sftp.stat(path).st_size
        if size != len(content):
            raise SystemUnavailable(f"{path} has {size} bytes after {len(content)} were written.")


@contextmanager
def connected(endpoint: Endpoint) -> Iterator[Client]:
    """A session with the server of a connection.

    Args:
        endpoint: ``login``, and ``password`` or ``extra.private_key`` (PEM or OpenSSH text, with
            ``extra.private_key_passphrase``); ``extra.host_key``: the server's key as in
            ``known_hosts``, one a line.

    Raises:
        AccessDenied: the host key is unknown or another one, or the login is refused.
        SystemUnavailable: the server does not answer or breaks off.
        Misconfigured: the connection has no usable key or address.
    """
    with _Ssh() as ssh:
        _connect(ssh, endpoint)
        with _explained("open a session with", endpoint.host):
            ssh.get_transport().set_keepalive(KEEPALIVE_SECONDS)
            sftp = ssh.open_sftp()
            sftp.get_channel().settimeout(SILENCE_SECONDS)
        yield Client(sftp)


def safe(path: str) -> str:
    """The path, if it names a place below the login's root.

    Raises:
        Misconfigured: it climbs out of its folder, or has a character that no path has.
    """
    if not path or ".." in path.split("/") or UNPRINTABLE.search(path):
        raise Misconfigured(
            f"{path!r} is no usable path: it is empty, climbs with `..` or has control characters."
        )
    return path


def _temporary(path: str, content: bytes) -> str:
    """Where a file lies until it is whole: a name that says what is in it, so that it is never another's."""
    digest = hashlib.sha256(content).hexdigest()[:12]
    return posixpath.join(posixpath.dirname(path), f".{posixpath.basename(path)}.{digest}.part")


def fingerprint(key: paramiko.PKey) -> str:
    """A host key as people compare it: its type and the SHA-256 that ``ssh-keygen -l`` shows."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"{key.get_name()} SHA256:{digest}"


class _Ssh(paramiko.SSHClient):
    """paramiko's client, quiet and without keys of the person who runs it."""

    def __init__(self) -> None:
        super().__init__()
        self.set_log_channel(WIRE_LOG)


class _KnownKeys(paramiko.MissingHostKeyPolicy):
    """Lets nobody pass whose key the connection does not name."""

    def __init__(self, known: list[paramiko.PKey]):
        self._known = {key.asbytes() for key in known}

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        if key.asbytes() in self._known:
            return
        found = fingerprint(key)
        is_changed = "has another host key than the known one" if self._known else "is not known"
        raise AccessDenied(
            f"{hostname} {is_changed}; it shows {found}. Compare it with its owner, then enter it as `extra.host_key`.",
            found=found,
        )


def _connect(ssh: paramiko.SSHClient, endpoint: Endpoint) -> None:
    known = _known_keys(str(endpoint.extra.get("host_key") or ""))
    ssh.set_missing_host_key_policy(_KnownKeys(known))
    key = _private_key(endpoint)
    if not endpoint.login or (key is None and not endpoint.password):
        raise Misconfigured(
            f"The connection to {endpoint.host} has no login, or neither password nor private key."
        )
    try:
        ssh.connect(
            endpoint.host,
            port=endpoint.port or PORT,
            username=endpoint.login,
            password=endpoint.password,
            pkey=key,
            timeout=CONNECT_SECONDS,
            banner_timeout=CONNECT_SECONDS,
            auth_timeout=CONNECT_SECONDS,
            channel_timeout=CONNECT_SECONDS,
            allow_agent=False,
            look_for_keys=False,
            transport_factory=lambda sock, **options: _transport(sock, known, options),
        )
    except paramiko.AuthenticationException:
        raise AccessDenied(f"{endpoint.host} refuses the login of {endpoint.login!r}.") from None
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise SystemUnavailable(f"{endpoint.host} cannot be reached over SSH: {error}.") from None


def _transport(
    sock: socket.socket, known: list[paramiko.PKey], options: dict[str, Any]
) -> paramiko.Transport:
    """A server may have several keys: ask first for the kind that we know."""
    transport = paramiko.Transport(sock, **options)
    security = transport.get_security_options()
    wanted = [kind for key in known for kind in _kinds(key.get_name()) if kind in security.key_types]
    security.key_types = tuple(dict.fromkeys([*wanted, *security.key_types]))
    return transport


def _kinds(name: str) -> Iterable[str]:
    return RSA_SIGNATURES if name == "ssh-rsa" else (name,)


def _known_keys(text: str) -> list[paramiko.PKey]:
    return [_known_key(line) for line in text.splitlines() if line.strip()]


def _known_key(line: str) -> paramiko.PKey:
    words = line.split()
    kinds = [place for place, word in enumerate(words) if word.startswith(("ssh-", "ecdsa-"))]
    try:
        kind, encoded = words[kinds[0]], words[kinds[0] + 1]
        return paramiko.PKey.from_type_string(kind, base64.b64decode(encoded, validate=True))
    except (IndexError, binascii.Error, paramiko.SSHException, paramiko.pkey.UnknownKeyType, ValueError):
        raise Misconfigured(
            "The connection's `extra.host_key` is no host key. It looks like `ssh-ed25519 AAAA…`; "
            "`ssh-keyscan` shows it."
        ) from None


def _private_key(endpoint: Endpoint) -> paramiko.PKey | None:
    text = endpoint.extra.get("private_key")
    if not text:
        return None
    passphrase = endpoint.extra.get("private_key_passphrase")
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(str(text)), password=passphrase)
        except (paramiko.SSHException, ValueError, TypeError):
            continue
    raise Misconfigured(
        "The connection's `extra.private_key` is no private key, or `extra.private_key_passphrase` does not open it."
    )


@contextmanager
def _explained(action: str, path: str) -> Iterator[None]:
    """What went wrong, in the terms of what happens next. ``FileNotFoundError`` is for the caller to judge."""
    try:
        yield
    except FileNotFoundError:
        raise
    except PermissionError:
        raise AccessDenied(f"The server does not let us {action} {path}.") from None
    except UnicodeError:
        raise Misconfigured(
            f"{path} holds a name that is not UTF-8. Have it renamed on the server."
        ) from None
    except TimeoutError:
        raise SystemUnavailable(f"The server fell silent when asked to {action} {path}.") from None
    except (paramiko.SSHException, paramiko.SFTPError, EOFError, OSError) as error:
        reason = str(error) or type(error).__name__
        raise SystemUnavailable(f"The server could not {action} {path}: {reason}.") from None


def _entry(path: str, attributes: paramiko.SFTPAttributes) -> Entry:
    mode = attributes.st_mode
    return Entry(
        path=path,
        size_bytes=attributes.st_size or 0,
        modified_at=datetime.fromtimestamp(attributes.st_mtime or 0, UTC),
        is_folder=mode is not None and stat.S_ISDIR(mode),
        is_file=mode is None or stat.S_ISREG(mode),
    )


def _places(target: str) -> Iterator[str]:
    yield target
    for number in range(2, MAX_SAME_NAMES + 1):
        yield f"{target}.{number}"
