"""`@idempotent()` on the view of a POST that creates money or an order.

    @blp.post("/orders", needs=PUBLIC)
    @blp.arguments(OrderInput)
    @blp.response(201, OrderView)
    @idempotent()
    def place_order(body): return document            # or (document, status)

The view runs in a transaction and answers a document in the API's shape, which is kept and given
again. `complete` adds to it what is not to be kept (an order's token). `again(document, *given)` makes
a replay in its place, where not everybody who sends the key and the body may see what the first did.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, request

from shop.api.base import answer, ctx
from shop.jobs import idempotency

HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "Chosen by the caller; the same key never has an effect twice",
    "schema": {"type": "string", "minLength": 16, "maxLength": 255, "pattern": "^[!#-~]+$"},
    "example": "9f1c6a3e-5b7d-4f8a-9c2e-1d3b5a7f9e0c",
}
Document = dict[str, Any]


def idempotent(
    complete: Callable[[Document], Document] | None = None,
    *,
    required: bool = True,
    again: Callable[..., Document] | None = None,
    look: Callable[..., Callable[[], None] | None] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """`required=False`: without the header the request is simply done. `look` is given what the
    view is given, and answers what to do before the transaction, if anything; that may refuse."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Response:
            def work() -> idempotency.Answer:
                made = view(*args, **kwargs)
                if isinstance(made, Response):
                    raise TypeError("an idempotent view answers its document, not a Response")
                return (made[1], made[0]) if isinstance(made, tuple) else (201, made)

            header = request.headers.get("Idempotency-Key")
            first = look(*args, **kwargs) if look else None
            if header is None and not required:
                if first:
                    first()
                status, document = work()
                return answer(complete(document) if complete else document, status)
            key = idempotency.key_of(header)
            place = request.path.encode() + b"?" + request.query_string
            body = place + b"\n" + request.get_data()
            status, document, replayed = idempotency.once(
                ctx(), view.__name__, key, body, work, first
            )
            headers = {"Idempotent_Replayed": "true"} if replayed else {}
            if replayed and again:
                return answer(again(document, *args, **kwargs), status, **headers)
            return answer(complete(document) if complete else document, status, **headers)

        documented = wrapper._apidoc = dict(getattr(view, "_apidoc", {}))  # type: ignore[attr-defined]
        documented["arguments"] = {"parameters": [{**HEADER, "required": required}]}
        return wrapper

    return decorate


def of_number(find: Callable[[str], Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`{number}` in the path becomes `order_id`, by who may: before a kept answer is given, since a
    key alone is no way to an order."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def wrapper(*args: Any, number: str) -> Any:
            return view(*args, order_id=find(number).id)

        return wrapper

    return decorate
