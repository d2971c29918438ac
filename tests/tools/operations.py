"""What the description of a store says that can be called: for tests that go through all of it."""

from dataclasses import dataclass, field
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
    body: Any = None
    """the example of the description; None if no JSON is taken"""
    query: frozenset[str] = field(default_factory=frozenset)


def operations(client: Any, store: str = "orchard") -> list[Operation]:
    spec = client.get(f"/api/v1/{store}/openapi.json").json
    return [
        _operation(path, method, item)
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item
    ]


def _operation(path: str, method: str, item: dict[str, Any]) -> Operation:
    facts = item[method]
    params = [*item.get("parameters", ()), *facts.get("parameters", ())]
    names = {
        place: frozenset(param["name"] for param in params if param.get("in") == place)
        for place in ("path", "query")
    }
    content = facts.get("requestBody", {}).get("content", {}).get("application/json")
    body = None if content is None else content.get("example", {})
    scope = facts.get("x-scope", "")
    return Operation(facts["operationId"], method, path, scope, names["path"], body, names["query"])
