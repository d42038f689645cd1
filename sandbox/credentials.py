"""Secrets of the stand-ins: generated once, kept in the state folder, readable by its owner only."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ACCOUNTS = ("erp", "supplier", "warehouse", "marketplace", "retailer", "till", "panel", "provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a client needs to be let in.

    Attributes:
        sftp_passwords: by account.
    """

    admin_token: str
    akeneo_client_id: str
    akeneo_client_secret: str
    akeneo_username: str
    akeneo_password: str
    shopify_access_token: str
    sftp_passwords: dict[str, str]


def kept_credentials(folder: Path) -> Credentials:
    """The credentials of a state folder, generated when it has none yet."""
    path = folder / "credentials.json"
    if not path.exists():
        write_private(path, json.dumps(asdict(_generated()), indent=2) + "\n")
    return Credentials(**json.loads(path.read_text()))


def _generated() -> Credentials:
    return Credentials(
        admin_token=secrets.token_urlsafe(24),
        akeneo_client_id=f"1_{secrets.token_hex(20)}",
        akeneo_client_secret=secrets.token_hex(20),
        akeneo_username="seamline_8413",
        akeneo_password=secrets.token_urlsafe(12),
        shopify_access_token=f"shpat_{secrets.token_hex(16)}",
        sftp_passwords={account: secrets.token_urlsafe(16) for account in ACCOUNTS},
    )


def kept_key(path: Path) -> Path:
    """An ed25519 key pair in OpenSSH's form, generated when it is not there yet."""
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode())
    return path


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)
