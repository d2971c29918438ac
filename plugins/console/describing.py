"""What the API's own description says there is for staff: things with lists, forms and actions.

A plugin that describes `GET/POST /admin/<plugin>/<things>`, `…/{id}` and `…/{id}/<action>` has its
pages here without a line of its own; so have the core's own resources.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from shop import ctx, local_api

from .fields import Field, fields_of, follow
from .settings import NAME

METHODS = ("get", "post", "patch", "put", "delete")
CORE = "shop"
OWN_PAGES = frozenset(
    ("login", "me", "password", "totp", "products", "orders", "pickups", "pickup-scans", "pictures",
     "plugins", "doctor", "sheets", "stock", "console")
)  # fmt: skip
"""first words under /admin that have pages of their own, or none"""
PARAMETER = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Operation:
    """`query` and `body` are the fields that it takes, `shows` those of its answer."""

    method: str
    path: str
    summary: str
    scope: str
    keyed: bool
    query: list[Field]
    body: list[Field]
    shows: list[Field]

    def at(self, known: str = "") -> str:
        """Its path under /admin for the thing `known`."""
        return PARAMETER.sub(known, self.path).removeprefix("/admin")


@dataclass
class Thing:
    """What stands under one address. `actions` are by name, of one (`…/{id}/end`) or of all."""

    owner: str
    name: str
    all: dict[str, Operation] = field(default_factory=dict)
    one: dict[str, Operation] = field(default_factory=dict)
    actions: dict[str, dict[str, Operation]] = field(default_factory=dict)
    of_all: dict[str, dict[str, Operation]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").replace("-", " ").capitalize()

    @property
    def items(self) -> list[Field]:
        """The fields of a row of its list; none where its GET is a report."""
        read = self.all.get("get")
        found = next((one for one in read.shows if one.name == "items"), None) if read else None
        pages = read and any(one.name == "next" for one in read.shows)
        return found.inner if found and (pages or self.one) else []

    @property
    def is_list(self) -> bool:
        return bool(self.items)


@dataclass
class Description:
    things: dict[tuple[str, str], Thing]

    @property
    def groups(self) -> dict[str, list[Thing]]:
        """The things with lists, by owner."""
        found: dict[str, list[Thing]] = {}
        for (owner, _), thing in self.things.items():
            if thing.is_list or "post" in thing.all:
                found.setdefault(owner, []).append(thing)
        return found

    @property
    def reports(self) -> list[Thing]:
        return [t for t in self.things.values() if "get" in t.all and not t.is_list]


def description() -> Description:
    """Of the store; read once by an application."""
    here, known = ctx(), current_app.extensions.setdefault(NAME, {})
    if here.code not in known:
        document = local_api(here).get("/openapi.json").data
        known[here.code] = Description(_things(document, set(here.plugins.names)))
    found: Description = known[here.code]
    return found


def _things(document: dict[str, Any], plugins: set[str]) -> dict[tuple[str, str], Thing]:
    found: dict[tuple[str, str], Thing] = {}
    for path, item in document["paths"].items():
        if not path.startswith("/admin/"):
            continue
        owner, *rest = path.removeprefix("/admin/").split("/")
        if owner in OWN_PAGES:
            continue
        if owner not in plugins:
            owner, rest = CORE, [owner, *rest]
        if not rest or PARAMETER.fullmatch(rest[0]):
            continue
        name, *rest = rest
        thing = found.setdefault((owner, name), Thing(owner, name))
        for method in METHODS:
            if method in item:
                _place(thing, rest, method, _operation(document, path, method, item[method]))
    return found


def _place(thing: Thing, rest: list[str], method: str, operation: Operation) -> None:
    if not rest:
        thing.all[method] = operation
    elif len(rest) == 1 and PARAMETER.fullmatch(rest[0]):
        thing.one[method] = operation
    elif len(rest) == 1:
        thing.of_all.setdefault(rest[0], {})[method] = operation
    elif len(rest) == 2 and PARAMETER.fullmatch(rest[0]):
        thing.actions.setdefault(rest[1], {})[method] = operation


def _operation(document: dict[str, Any], path: str, method: str, said: dict[str, Any]) -> Operation:
    query, keyed = [], False
    for one in said.get("parameters", ()):
        if one["in"] == "query":
            facts = {**one, "schema": {"description": one.get("description", ""), **one["schema"]}}
            query.append(
                Field.of(document, one["name"], facts["schema"], one.get("required", False))
            )
        keyed = keyed or one.get("name") == "Idempotency-Key"
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {})
    good = next((said["responses"][code] for code in ("200", "201", "202") if code in said["responses"]), {})  # fmt: skip
    shown = follow(document, good).get("content", {}).get("application/json", {})
    return Operation(
        method, path, said.get("summary", ""), said.get("x-scope", ""), keyed, query,
        fields_of(document, body.get("schema", {})), fields_of(document, shown.get("schema", {})),
    )  # fmt: skip
