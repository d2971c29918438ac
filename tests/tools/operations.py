"""What the description of a store says that can be called: for tests that go through all of it."""

from dataclasses import dataclass
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """`path` is below the store's address, like `/orders/{number}`; `scope` is "" if public."""

    id: str
    method: str
    path: str
    scope: str = ""
    params: frozenset[str] = frozenset()
    """names in the path"""
    query: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    """those of the query that are days or instants"""
    body: Any = None
    """the example of the description; None if no JSON is taken"""
    fields: frozenset[str] = frozenset()
    """names at the top of the body"""
    times: frozenset[str] = frozenset()
    """those of the body that are days or instants"""


def operations(client: Any, store: str = "orchard") -> list[Operation]:
    spec = client.get(f"/api/v1/{store}/openapi.json").json
    return [
        _operation(spec, path, method, item)
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item
    ]


def _operation(spec: Any, path: str, method: str, item: dict[str, Any]) -> Operation:
    facts = item[method]
    params = [*item.get("parameters", ()), *facts.get("parameters", ())]
    content = facts.get("requestBody", {}).get("content", {}).get("application/json")
    schema = (content or {}).get("schema", {})
    schemas = spec["components"]["schemas"]
    fields = schemas.get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
    return Operation(
        facts["operationId"],
        method,
        path,
        facts.get("x-scope", ""),
        frozenset(param["name"] for param in params if param.get("in") == "path"),
        frozenset(param["name"] for param in params if param.get("in") == "query"),
        frozenset(
            param["name"]
            for param in params
            if param.get("in") == "query" and "date" in param["schema"].get("format", "")
        ),
        None if content is None else content.get("example", {}),
        frozenset(fields),
        frozenset(name for name, one in fields.items() if "date" in one.get("format", "")),
    )
