"""The directive ``@idempotent(key:)``: a mutation that is asked for twice has one effect.

A key is held while its mutation runs, answers again what it answered first, and is spent when it failed. It is
forgotten after a day.
Source: https://shopify.dev/docs/api/usage/implementing-idempotency
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from graphql import GraphQLError, GraphQLResolveInfo
from graphql.execution.values import get_directive_values

from sandbox.clock import Clock, iso_z
from sandbox.shopify.product_checks import UserError, user_error
from sandbox.shopify.schema import own_schema
from sandbox.shopify.tables import Document
from sandbox.state import State

RETENTION = timedelta(hours=24)

MESSAGES = {
    "IDEMPOTENCY_CONCURRENT_REQUEST": "This request is currently in progress, please try again.",
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": (
        "The same idempotency key cannot be used with different operation parameters."
    ),
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": (
        "A previous request with this idempotency key failed. Retry with a new idempotency key."
    ),
}


@dataclass(frozen=True, slots=True)
class Keys:
    """Runs mutations once per key.

    Attributes:
        slowness: seconds that a mutation takes while it holds its key.
    """

    state: State
    clock: Clock
    slowness: float = 0.0

    def forget_unfinished(self) -> None:
        """After a crash: what was running then runs no more, and changed nothing."""
        self.state.run("delete from shop_idempotency where status = 'running'")

    def once(self, key: str, operation: str, arguments: Document, effect: Callable[[], Document]) -> Document:
        """The answer of a mutation: made now, or as it was made before.

        Args:
            effect: makes the change and returns the answer, whose ``userErrors`` say whether it failed; it runs
                in one transaction with the note that the key is used.
        """
        parameters = _fingerprint(arguments)
        with self.state.transaction():
            earlier = self._earlier(key, operation, parameters)
            if earlier is not None:
                return earlier
            begun_at = iso_z(self.clock())
            sql = "insert into shop_idempotency values (?, ?, ?, 'running', null, ?)"
            self.state.run(sql, key, operation, parameters, begun_at)
        time.sleep(self.slowness)
        try:
            with self.state.transaction():
                answer = effect()
                self._note(key, "failed" if answer["userErrors"] else "done", answer)
                return answer
        except Exception:
            self._note(key, "failed", None)
            raise

    def _note(self, key: str, status: str, answer: Document | None) -> None:
        sql = "update shop_idempotency set status = ?, answer = ? where key = ?"
        self.state.run(sql, status, json.dumps(answer), key)

    def _earlier(self, key: str, operation: str, parameters: str) -> Document | None:
        self.state.run("delete from shop_idempotency where begun_at < ?", iso_z(self.clock() - RETENTION))
        row = self.state.row("select * from shop_idempotency where key = ?", key)
        if row is None:
            return None
        if (row["operation"], row["parameters"]) != (operation, parameters):
            return _refused("IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
        if row["status"] == "running":
            return _refused("IDEMPOTENCY_CONCURRENT_REQUEST")
        if row["status"] == "failed":
            return _refused("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")
        return json.loads(row["answer"])


def key_of(info: GraphQLResolveInfo) -> str:
    """The idempotency key of the field that is being resolved.

    Raises:
        GraphQLError: there is none, or it is blank.
    """
    directive = own_schema().get_directive("idempotent")
    assert directive is not None
    given = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    if given is None:
        message = "The @idempotent directive is required for this mutation but was not provided."
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    if not given["key"].strip():
        message = "The idempotency key cannot be an empty string or whitespace only."
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    return given["key"]


def _fingerprint(arguments: Document) -> str:
    return hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()


def _refused(code: str) -> Document:
    error: UserError = user_error(code, MESSAGES[code])
    return {"userErrors": [error]}
