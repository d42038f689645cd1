"""Connections to the stand-ins of the outside systems, and to a real SFTP server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from include.delivery import Endpoint
from sandbox.systems import Sandbox

START = date(2026, 11, 2)
SCALE = 0.1
PLENTY = {"bucket_size": 1e9, "restore_rate": 1e9}
SFTP_ACCOUNTS = {
    "erp_sftp": "erp",
    "supplier_sftp": "supplier",
    "supplier_edi": "supplier",
    "warehouse_edi": "warehouse",
    "marketplace_sftp": "marketplace",
    "retailer_edi": "retailer",
    "ledger_sftp": "till",
    "panel_sftp": "panel",
    "adyen_sftp": "provider",
}


class Remembered:
    """What a flow remembers: how far it has read of each account."""

    def __init__(self, at: datetime | None = None):
        self.known: dict[str, Any] = {}
        self._at = at

    def watermark(self, account: str) -> Any:
        told = None if self._at is None else {"at": self._at.isoformat()}
        return self.known.get(account, told)


class StoppedClock:
    """The sandbox's time; it stands still."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def endpoint_of(box: Sandbox, system: str, **extra: object) -> Endpoint:
    """The connection to a system of a sandbox."""
    given = box.credentials
    match system:
        case "akeneo":
            client = {"client_id": given.akeneo_client_id, "client_secret": given.akeneo_client_secret}
            return Endpoint(
                host=box.akeneo_url,
                login=given.akeneo_username,
                password=given.akeneo_password,
                extra={"account": "pim", **client, **extra},
            )
        case "shopify":
            facts = {"account": "storefront-eu", "api_version": "2026-07"}
            return Endpoint(
                host=box.shopify_url, password=given.shopify_access_token, extra={**facts, **extra}
            )
        case _:
            account = SFTP_ACCOUNTS[system]
            return Endpoint(
                host=box.sftp.host,
                port=box.sftp.port,
                login=account,
                password=given.sftp_passwords[account],
                extra={"host_key": box.host_key, **extra},
            )


@dataclass(frozen=True)
class RealServer:
    """An OpenSSH server, and the folder that its login sees."""

    endpoint: Endpoint
    folder: Path
    host_key_file: Path

    def at(self, name: str) -> str:
        """Path on the server."""
        return str(self.folder / name)
