"""The REST API itself: routes, checks, products."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator
from itertools import islice
from zoneinfo import ZoneInfo

from sandbox.akeneo.catalog import (
    ATTRIBUTE_BY_CODE,
    CHANNELS,
    LOCALES,
    OPTIONS,
    Document,
    PimCatalog,
    attribute_documents,
    category_documents,
    channel_documents,
    currency_documents,
    family_documents,
    labels,
    locale_documents,
    option_documents,
)
from sandbox.akeneo.filters import Predicate, ProductSearch
from sandbox.akeneo.pages import cursor_of, limit_of, link_to, offset_page, uuid_of
from sandbox.akeneo.refusals import Refused
from sandbox.akeneo.tokens import Tokens
from sandbox.clock import Clock
from sandbox.faults import Fault, FaultKind
from sandbox.web import Request, Response

TOKEN_PATH = "/api/oauth/v1/token"  # noqa: S105, an address
REST_PATH = "/api/rest/v1/"
CONCURRENT_REQUESTS = 4

_LISTS: dict[str, Callable[[], list[Document]]] = {
    "families": family_documents,
    "categories": category_documents,
    "attributes": attribute_documents,
    "channels": channel_documents,
    "locales": locale_documents,
    "currencies": currency_documents,
}
_NOT_BUILT = ("with_quality_scores", "with_completenesses", "with_position", "with_table_select_options")


class Akeneo:
    """The PIM behind HTTP.

    Args:
        catalog: what it holds; replaced when the second day comes.
        zone: time zone of the server: of times in answers, and of dates in filters.
    """

    name = "akeneo"
    concurrent_requests = CONCURRENT_REQUESTS

    def __init__(self, catalog: PimCatalog, tokens: Tokens, clock: Clock, zone: str = "UTC"):
        self.catalog = catalog
        self.tokens = tokens
        self._clock = clock
        self._zone = ZoneInfo(zone)

    def operation(self, request: Request) -> str:
        """``token`` or the name of the list."""
        if request.path == TOKEN_PATH:
            return "token"
        return request.path.removeprefix(REST_PATH).partition("/")[0]

    def answer(self, request: Request, fault: Fault | None) -> Response:
        """The answer of the REST API, refusals included."""
        try:
            return self._answer(request)
        except Refused as refused:
            return refused.response()

    def refusal(self, request: Request, fault: Fault) -> Response:
        """How the PIM words a fault."""
        if fault.kind is FaultKind.RATE_LIMIT:
            return _too_many_requests(fault.retry_after)
        if fault.kind is FaultKind.EXPIRED_TOKEN:
            self.tokens.expire_all()
            return Refused(401, "The access token provided has expired.").response()
        return Refused(500, "Internal Server Error").response()

    def pages(self, payload: object) -> Iterator[list[object]]:
        """The list of items."""
        if isinstance(payload, dict) and "_embedded" in payload:
            yield payload["_embedded"]["items"]

    def _answer(self, request: Request) -> Response:
        if request.path == TOKEN_PATH:
            return self._token(request)
        self.tokens.check(request)
        _check_accept(request)
        if request.method != "GET":
            raise Refused(501, f"The sandbox's PIM can only be read; {request.method} is not built.")
        return Response(200, self._resource(request, request.path.removeprefix(REST_PATH).split("/")))

    def _token(self, request: Request) -> Response:
        if request.method != "POST":
            raise Refused(405, "Method Not Allowed")
        return Response(200, self.tokens.grant(request))

    def _resource(self, request: Request, parts: list[str]) -> Document:
        for name in _NOT_BUILT:
            if request.query.get(name) == "true":
                raise Refused(501, f'The sandbox\'s PIM does not know the parameter "{name}".')
        match parts:
            case ["products-uuid"]:
                return self._products(request)
            case ["products-uuid", uuid]:
                return self._product(request, uuid)
            case ["attributes", code, "options"] if code in OPTIONS:
                return offset_page(request, option_documents(code))
            case [name] if name in _LISTS:
                return offset_page(request, _LISTS[name]())
        raise Refused(404, f'No route found for "GET {request.path}"')

    def _product(self, request: Request, uuid: str) -> Document:
        for known, row in self.catalog.by_uuid:
            if known == uuid:
                return self._document(request, row)
        raise Refused(404, f'Product "{uuid}" does not exist or you do not have permission to access it.')

    def _products(self, request: Request) -> Document:
        _check_value_filters(request)
        kind = request.query.get("pagination_type", "page")
        if kind == "search_after":
            return self._search_after_page(request)
        if kind != "page":
            raise Refused(422, "Pagination type does not exist.")
        rows = [row for _, row in self._matching(request, "")]
        return offset_page(request, rows, lambda row: self._document(request, row), is_long=True)

    def _search_after_page(self, request: Request) -> Document:
        limit = limit_of(request)
        if request.query.get("with_count", "false") != "false":
            raise Refused(
                422, 'Parameter "with_count" is not available with the search after pagination type.'
            )
        cursor = request.query.get("search_after", "")
        found = list(islice(self._matching(request, uuid_of(cursor)), limit))
        links = {"self": link_to(request), "first": link_to(request, search_after=None)}
        # As in the PIM, a full page links to a next one, which may turn out to be empty.
        if len(found) == limit:
            links["next"] = link_to(request, search_after=cursor_of(found[-1][0]))
        items = [self._document(request, row) for _, row in found]
        return {"_links": links, "_embedded": {"items": items}}

    def _matching(self, request: Request, after: str) -> Iterator[tuple[str, int]]:
        search = ProductSearch(self.catalog, self._zone, self._clock())
        wanted: list[Predicate] = []
        if "search" in request.query:
            wanted = search.predicates(request.query["search"])
        products = self.catalog.by_uuid
        start = bisect.bisect_right(products, (after, len(products))) if after else 0
        return (
            (uuid, row) for uuid, row in islice(products, start, None) if all(meets(row) for meets in wanted)
        )

    def _document(self, request: Request, row: int) -> Document:
        document = self.catalog.document(row)
        for moment in ("created", "updated"):
            document[moment] = document[moment].astimezone(self._zone).isoformat()
        document["values"] = _chosen_values(request, document["values"])
        link = {"href": f"{request.base_url}{REST_PATH}products-uuid/{document['uuid']}"}
        return {"_links": {"self": link}, **document}


def _too_many_requests(retry_after: int | None) -> Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Response(429, {"code": 429, "message": "Too Many Requests"}, headers)


def _check_accept(request: Request) -> None:
    accepted = request.headers.get("accept", "*/*")
    if not any(kind.partition(";")[0].strip() in ("application/json", "*/*") for kind in accepted.split(",")):
        message = f"'{accepted}' in 'Accept' header is not valid. Only 'application/json' is allowed."
        raise Refused(406, message)


def _check_value_filters(request: Request) -> None:
    channel = request.query.get("scope")
    if channel is not None and channel not in CHANNELS:
        raise Refused(422, f'Scope "{channel}" does not exist.')
    for locale in _listed(request, "locales") or ():
        if locale not in LOCALES:
            raise Refused(422, f'Locale "{locale}" does not exist or is not activated.')
    for code in _listed(request, "attributes") or ():
        if code not in ATTRIBUTE_BY_CODE:
            raise Refused(422, f'Attribute "{code}" does not exist.')


def _listed(request: Request, name: str) -> list[str] | None:
    text = request.query.get(name)
    return None if text is None else [part.strip() for part in text.split(",")]


def _chosen_values(request: Request, values: dict[str, list[Document]]) -> dict[str, list[Document]]:
    attributes, locales = _listed(request, "attributes"), _listed(request, "locales")
    channel = request.query.get("scope")
    chosen = {}
    for code, places in values.items():
        if attributes is None or code in attributes:
            kept = [place for place in places if _is_chosen(place, channel, locales)]
            if kept:
                chosen[code] = [_with_option(request, code, place) for place in kept]
    return chosen


def _is_chosen(value: Document, channel: str | None, locales: list[str] | None) -> bool:
    return (channel is None or value["scope"] in (None, channel)) and (
        locales is None or value["locale"] is None or value["locale"] in locales
    )


def _with_option(request: Request, code: str, value: Document) -> Document:
    if request.query.get("with_attribute_options") != "true" or code not in OPTIONS:
        return value
    texts = labels(*OPTIONS[code][str(value["data"])])
    return value | {"linked_data": {"attribute": code, "code": value["data"], "labels": texts}}
