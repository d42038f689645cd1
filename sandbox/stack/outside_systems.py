"""The stand-ins of the outside systems (`python -m sandbox.serve`) and the connections that lead to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from sandbox.stack.airflow import on_this_machine
from sandbox.stack.components import Component, Stage
from sandbox.stack.failures import StackFailure
from sandbox.stack.places import Places
from sandbox.stack.settings import SANDBOX

SYSTEMS = ("akeneo", "shopify", "sftp")
# Airflow connection, account on the SFTP server.
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
# The shop is on the plan of a large retailer: ten times the points of a standard one.
PLUS_PLAN = ("--shopify-bucket-size", "20000", "--shopify-restore-rate", "1000")


def sandbox_component(where: Places, ports: Mapping[str, int]) -> Component:
    """All stand-ins in one process; they say in ``where.systems`` when they are ready."""
    chosen = ",".join(f"{name}={ports[name]}" for name in SYSTEMS)
    arguments = (
        "--state",
        str(where.sandbox),
        "--ports",
        chosen,
        "--ready-file",
        str(where.systems),
        *PLUS_PLAN,
    )
    return Component(name="sandbox", command=(*on_this_machine(SANDBOX), *arguments), stage=Stage.SYSTEMS)


def ready(path: Path) -> dict[str, Any] | None:
    """What the stand-ins say about themselves, once all of them listen."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def ask(systems: Mapping[str, Any], method: str, path: str, document: Any = None) -> Any:
    """What the stand-ins say or do, over their admin path.

    Raises:
        StackFailure: they refuse it; the message says why.
    """
    admin = systems["admin"]
    answer = requests.request(
        method,
        f"{admin['url']}/_sandbox/{path}",
        json=document,
        headers={"Authorization": f"Bearer {admin['token']}"},
        timeout=60,
    )
    if not answer.ok:
        raise StackFailure(f"The sandbox refuses {path}: {answer.text}")
    return answer.json()


def seen_from_afar(systems: Mapping[str, Any], host: str) -> dict[str, Any]:
    """The same systems with ``host`` in every address, as another machine or container reaches them."""
    moved = {name: {**systems[name], "host": host} for name in SYSTEMS}
    urls = {name: f"http://{host}:{system['port']}" for name, system in moved.items() if "url" in system}
    return {**systems, **moved, **{name: {**moved[name], "url": url} for name, url in urls.items()}}


def connections(systems: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The Airflow connections to the outside systems, by connection id.

    Args:
        systems: the ready file of `sandbox.serve`.
    """
    akeneo, shopify, sftp = (systems[name] for name in SYSTEMS)
    return {
        "akeneo": {
            "conn_type": "http",
            "host": akeneo["url"],
            "login": akeneo["username"],
            "password": akeneo["password"],
            "extra": {
                "client_id": akeneo["client_id"],
                "client_secret": akeneo["client_secret"],
                "account": "main",
            },
        },
        "shopify": {
            "conn_type": "http",
            "host": shopify["url"],
            "password": shopify["access_token"],
            "extra": {
                "api_version": shopify["api_version"],
                "account": shopify["shop"].partition(".")[0],
            },
        },
        **{name: _sftp(sftp, account) for name, account in SFTP_ACCOUNTS.items()},
    }


def _sftp(server: Mapping[str, Any], account: str) -> dict[str, Any]:
    return {
        "conn_type": "sftp",
        "host": server["host"],
        "port": server["port"],
        "login": account,
        "password": server["accounts"][account]["password"],
        "extra": {"host_key": server["host_key"]},
    }
