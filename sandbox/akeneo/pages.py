"""Pages of the PIM's lists: limits, links, counts.

Source: https://api.akeneo.com/documentation/pagination.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import urlencode

from sandbox.akeneo.catalog import Document
from sandbox.akeneo.refusals import Refused
from sandbox.web import Request

LIMIT, LIMIT_MAX = 10, 100
OFFSET_MAX = 10_000
PAGINATION_PAGE = "https://api.akeneo.com/documentation/pagination.html#the-search-after-method"


def offset_page(
    request: Request,
    records: list[object],
    render: Callable[[object], object] = lambda record: record,
    is_long: bool = False,
) -> Document:
    """A page by number, of a list held in memory.

    Args:
        render: makes the document of a record.
        is_long: whether the list can be searched, and has an end to paging by number.

    Raises:
        Refused: wrong parameters, or a page too far behind.
    """
    if request.query.get("pagination_type", "page") != "page":
        raise Refused(422, "Pagination type is not supported.")
    if "search" in request.query and not is_long:
        raise Refused(501, f"The sandbox's PIM cannot search in {request.path}.")
    limit, page = limit_of(request), _page(request)
    if is_long and limit * page > OFFSET_MAX:
        raise Refused(422, _TOO_DEEP, PAGINATION_PAGE)
    start = limit * (page - 1)
    items = records[start : start + limit]
    links = {"self": link_to(request, page=page), "first": link_to(request, page=1)}
    if page > 1:
        links["previous"] = link_to(request, page=page - 1)
    if len(items) == limit:
        links["next"] = link_to(request, page=page + 1)
    counted = {"items_count": len(records)} if _with_count(request) else {}
    embedded = {"items": [_withlink_to(request, render(item)) for item in items]}
    return {"_links": links, "current_page": page, **counted, "_embedded": embedded}


_TOO_DEEP = (
    'You have reached the maximum number of pages you can retrieve with the "page" pagination type.'
    " Please use the search after pagination type instead"
)


def _withlink_to(request: Request, item: object) -> object:
    if not isinstance(item, dict) or "_links" in item:
        return item
    return {"_links": {"self": {"href": f"{request.base_url}{request.path}/{item['code']}"}}, **item}


def limit_of(request: Request) -> int:
    """How many records a page has."""
    limit = _number(request, "limit", LIMIT, "limit number")
    if limit > LIMIT_MAX:
        raise Refused(422, f"You cannot request more than {LIMIT_MAX} items.")
    return limit


def _page(request: Request) -> int:
    return _number(request, "page", 1, "page number")


def _number(request: Request, name: str, default: int, meaning: str) -> int:
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise Refused(422, f'"{text}" is not a valid {meaning}.')
    return int(text)


def _with_count(request: Request) -> bool:
    text = request.query.get("with_count", "false")
    if text not in ("true", "false"):
        expected = 'Parameter "with_count" has to be a boolean. Only "true" or "false" allowed'
        raise Refused(422, f'{expected}, "{text}" given.')
    return text == "true"


def link_to(request: Request, **changes: object) -> dict[str, str]:
    """A link to the same list with other parameters; None takes one away."""
    query = {name: value for name, value in {**request.query, **changes}.items() if value is not None}
    return {"href": f"{request.base_url}{request.path}?{urlencode(query)}"}


def cursor_of(uuid: str) -> str:
    """The cursor behind a product."""
    return base64.urlsafe_b64encode(uuid.encode()).decode()


def uuid_of(cursor: str) -> str:
    """The product that a cursor stands behind."""
    try:
        return base64.urlsafe_b64decode(cursor).decode()
    except ValueError:
        raise Refused(
            422, f'The search_after cursor "{cursor}" is not one that a previous page gave.'
        ) from None
