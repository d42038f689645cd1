"""The admin path ``/_sandbox``: faults, days, sales, and what has happened, for whoever has the admin token."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.faults import read_fault
from sandbox.web import ADMIN_PREFIX, BadJson, Request, Response

if TYPE_CHECKING:
    from sandbox.systems import Sandbox


class Admin:
    """Answers below ``/_sandbox``, at every HTTP stand-in alike."""

    def __init__(self, sandbox: Sandbox):
        self._sandbox = sandbox

    def answer(self, request: Request) -> Response:
        """The answer; errors say in a sentence what is wrong."""
        wanted = f"Bearer {self._sandbox.credentials.admin_token}"
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted.encode()):
            return _refused(401, "the admin path needs the admin token: Authorization: Bearer …")
        try:
            return self._route(request)
        except (ValueError, TypeError, BadJson) as error:
            return _refused(422, str(error))

    def _route(self, request: Request) -> Response:
        match request.method, request.path.removeprefix(ADMIN_PREFIX).strip("/").split("/"):
            case "GET", ["state"]:
                return Response(200, self._sandbox.summary())
            case "GET", ["expected"]:
                return Response(200, self._sandbox.expected())
            case "GET", ["effects"]:
                return Response(200, self._sandbox.state.effects(**_named(request.query, "operation", "key")))
            case "GET", ["mail"]:
                return Response(200, self._sandbox.mail())
            case "POST", ["partners", "reply"]:
                return self._done(self._sandbox.reply_to_orders)
            case "POST", ["faults"]:
                return Response(201, {"id": self._sandbox.faults.add(read_fault(request.json()))})
            case "DELETE", ["faults"]:
                return self._done(self._sandbox.faults.clear)
            case "DELETE", ["faults", number] if number.isdigit():
                return self._done(lambda: self._sandbox.faults.clear(int(number)))
            case "POST", ["day", number] if number.isdigit():
                return self._done(lambda: self._sandbox.drop_day(int(number)))
            case "POST", ["marketplace", "complete"]:
                return self._done(self._sandbox.complete_marketplace)
            case "POST", ["sell"]:
                return self._sell(request)
        return _refused(404, f"there is no {request.method} {request.path} here; see sandbox/README.md")

    def _sell(self, request: Request) -> Response:
        sale = request.json()
        if not isinstance(sale, dict) or not isinstance(sale.get("sku"), str):
            raise ValueError('a sale is a JSON object: {"sku": "…", "quantity": 1}')
        sold = self._sandbox.sell(sale["sku"], int(sale.get("quantity", 1)), sale.get("location_id"))
        return Response(200, sold)

    def _done(self, act: Callable[[], object]) -> Response:
        act()
        return Response(200, {"day": self._sandbox.day, "faults": len(self._sandbox.faults.listed())})


def _named(query: dict[str, str], *names: str) -> dict[str, str]:
    return {name: query[name] for name in names if name in query}


def _refused(status: int, message: str) -> Response:
    return Response(status, {"error": message})
