"""The API behind HTTP: access, versions, throttling, answers.

Sources: https://shopify.dev/docs/api/admin-graphql/2026-07#endpoints,
https://shopify.dev/docs/api/usage/versioning (an unsupported version falls forward to the oldest supported one)
and https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits.
"""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
)
from graphql.execution.values import VariableValues

from sandbox.clock import Clock
from sandbox.faults import Fault, FaultKind
from sandbox.shopify.cost import MAXIMUM_QUERY_COST, LeakyBucket, QueryCost
from sandbox.shopify.idempotency import Keys
from sandbox.shopify.mutations import Background, Mutations
from sandbox.shopify.queries import Queries
from sandbox.shopify.schema import Rejected, checked_operation, checked_variables, own_schema, parsed
from sandbox.shopify.tables import ShopTables
from sandbox.web import BadJson, Request, Response

VERSIONS = ("2025-10", "2026-01", "2026-04", "2026-07")
LIMITS_PAGE = "https://shopify.dev/api/usage/limits#rate-limits"
_PATH = re.compile(r"/admin/api/(?P<version>\d{4}-\d{2})/graphql\.json")
_INVALID_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105, a message


@dataclass(slots=True)
class Warnings:
    """What of the searches in a request was ignored."""

    search: list[dict[str, object]] = field(default_factory=list)

    def add(self, name: str, query: str, warnings: list[dict[str, str]]) -> None:
        """Notes the warnings of one list."""
        self.search.append({"path": [name], "query": query, "warnings": warnings})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that was checked and may run."""

    operation: OperationDefinitionNode
    variables: VariableValues
    cost: QueryCost
    body: dict[str, object]


class Shopify:
    """The shop behind HTTP.

    Args:
        token: what the app must send in ``X-Shopify-Access-Token``.
        bucket: what the app may spend.
    """

    name = "shopify"
    concurrent_requests = None

    def __init__(self, tables: ShopTables, clock: Clock, token: str, bucket: LeakyBucket):
        self._tables = tables
        self._clock = clock
        self._token = token
        self._bucket = bucket
        self._keys = Keys(tables.state, clock)
        self._keys.forget_unfinished()
        self._background = Background(tables, clock)

    def close(self) -> None:
        """Stops what runs in the background."""
        self._background.close()

    def operation(self, request: Request) -> str:
        """The first field that is asked for, as ``productSet``."""
        try:
            document = parsed(str(_body(request)["query"]))
        except (Rejected, ValueError):
            return "unreadable"
        operations = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
        fields = (
            node for one in operations for node in one.selection_set.selections if isinstance(node, FieldNode)
        )
        first = next(fields, None)
        return "unreadable" if first is None else first.name.value

    def answer(self, request: Request, fault: Fault | None) -> Response:
        """The answer of the API, refusals included."""
        path = _PATH.fullmatch(request.path)
        if path is None or request.method != "POST":
            return Response(404, {"errors": "Not Found"})
        if not hmac.compare_digest(request.headers.get("x-shopify-access-token", ""), self._token):
            return Response(401, {"errors": _INVALID_TOKEN})
        version = path["version"] if path["version"] in VERSIONS else VERSIONS[0]
        if fault is not None and fault.kind is FaultKind.OTHER_VERSION:
            version = fault.version
        headers = {"X-Shopify-API-Version": version, "X-Request-Id": str(uuid.uuid4())}
        response = self._graphql(request, fault)
        return replace(response, headers=headers | response.headers)

    def refusal(self, request: Request, fault: Fault) -> Response:
        """How the shop words a fault."""
        if fault.kind is FaultKind.THROTTLE:
            return self._throttled(0)
        if fault.kind is FaultKind.RATE_LIMIT:
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            message = "Exceeded the rate limit for api client. Reduce request rates to resume uninterrupted service."
            return Response(429, {"errors": message}, headers)
        if fault.kind is FaultKind.EXPIRED_TOKEN:
            return Response(401, {"errors": _INVALID_TOKEN})
        message = f"Internal error. Looks like something went wrong on our end. Request ID: {uuid.uuid4()}"
        return Response(
            500, {"errors": [{"message": message, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
        )

    def pages(self, payload: object) -> Iterator[list[object]]:
        """The nodes (and edges) of the connections that were asked for."""
        data = payload.get("data") if isinstance(payload, dict) else None
        for value in (data or {}).values():
            if isinstance(value, dict):
                yield from (value[name] for name in ("nodes", "edges") if isinstance(value.get(name), list))

    def _graphql(self, request: Request, fault: Fault | None) -> Response:
        try:
            prepared = _prepared(_body(request))
        except ValueError as error:
            return Response(400, {"errors": {"query": str(error)}})
        except Rejected as rejected:
            return Response(200, {"errors": rejected.errors})
        requested = prepared.cost.requested()
        if requested > MAXIMUM_QUERY_COST:
            return Response(200, {"errors": [_too_expensive(requested)]})
        if not self._bucket.take(requested):
            return self._throttled(requested)
        return self._executed(prepared, requested, fault)

    def _executed(self, prepared: Prepared, requested: int, fault: Fault | None) -> Response:
        warnings = Warnings()
        result = self._run(prepared, warnings, fault)
        actual = min(prepared.cost.actual(result.data), requested)
        self._bucket.give_back(requested - actual)
        payload: dict[str, object] = {"data": result.data}
        if result.errors:
            payload["errors"] = [_formatted(error) for error in result.errors]
        payload["extensions"] = {"cost": self._cost(requested, actual)}
        if warnings.search:
            payload["extensions"]["search"] = warnings.search
        return Response(200, payload)

    def _run(self, prepared: Prepared, warnings: Warnings, fault: Fault | None) -> ExecutionResult:
        is_mutation = prepared.operation.operation is OperationType.MUTATION
        slow = fault is not None and fault.kind is FaultKind.SLOW_EFFECT
        keys = replace(self._keys, slowness=fault.seconds) if slow and fault else self._keys
        root = (
            Mutations(self._tables, self._clock, keys, self._background).root()
            if is_mutation
            else Queries(self._tables, self._clock, warnings.add).root()
        )
        return execute_sync(
            own_schema(),
            parsed(str(prepared.body["query"])),
            root_value=root,
            variable_values=prepared.body.get("variables") or {},
            operation_name=prepared.body.get("operationName"),
        )

    def _throttled(self, requested: int) -> Response:
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": LIMITS_PAGE}}
        return Response(200, {"errors": [error], "extensions": {"cost": self._cost(requested, None)}})

    def _cost(self, requested: int, actual: int | None) -> dict[str, object]:
        status = self._bucket.status().document()
        return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}


def _body(request: Request) -> dict[str, object]:
    try:
        body = request.json()
    except BadJson:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise ValueError("Required parameter missing or invalid")
    if not isinstance(body.get("variables"), dict | None):
        raise ValueError("Variables must be an object")
    return body


def _prepared(body: dict[str, object]) -> Prepared:
    document = parsed(str(body["query"]))
    operation = checked_operation(document, body.get("operationName"))
    variables = checked_variables(operation, body.get("variables") or {})
    return Prepared(operation, variables, QueryCost(own_schema(), document, operation, variables), body)


def _too_expensive(cost: int) -> dict[str, object]:
    message = f"Query cost is {cost}, which exceeds the single query max cost limit ({MAXIMUM_QUERY_COST})."
    details = {"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": MAXIMUM_QUERY_COST}
    return {"message": message, "extensions": details | {"documentation": LIMITS_PAGE}}


def _formatted(error: GraphQLError) -> dict[str, object]:
    formatted = dict(error.formatted)
    formatted.setdefault(
        "extensions", {"code": "INTERNAL_SERVER_ERROR" if error.original_error else "BAD_REQUEST"}
    )
    return formatted
