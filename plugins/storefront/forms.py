"""What a form sends, as the JSON that the API wants.

    options({"options.stamps.wanted": "on"}, plugins) == {"stamps": {"wanted": True}}

A plugin's schema only says how a text is meant; what is wrong with it, the API says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from shop import whole_number

PREFIX = "options."


def options(form: Mapping[str, str], plugins: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """{plugin: {field: value}} of the fields `options.<plugin>.<field>` that are filled in; `kind`
    is "LineOptions" or "OrderOptions"."""
    found: dict[str, Any] = {}
    for name, text in form.items():
        _, _, rest = name.partition(PREFIX)
        plugin, _, field = rest.partition(".")
        if name.startswith(PREFIX) and field and text:
            schema = getattr(plugins.get(plugin), kind, None)
            known = schema().fields.get(field) if schema else None
            found.setdefault(plugin, {})[field] = typed(known, text)
    return found


def usable(found: Mapping[str, Any], plugins: Mapping[str, Any], kind: str) -> bool:
    """Whether there are options, and the API takes each of them."""
    schemas = {name: getattr(plugins.get(name), kind, None) for name in found}
    return bool(found) and all(
        schema is not None and not schema().validate(found[name])
        for name, schema in schemas.items()
    )


def typed(field: ma.fields.Field | None, text: str) -> Any:
    """A text as JSON has it: numbers and switches where the field is no text."""
    if isinstance(field, ma.fields.Boolean):
        return text in ("on", "true", "1")
    return text if isinstance(field, ma.fields.String) else whole_number(text)
