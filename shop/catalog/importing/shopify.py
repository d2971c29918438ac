"""The Shopify product export: rows of one handle make one product, its first row tells of it.

Further rows of the handle are variants, images, or both side by side. What Shopify has no
column for stands in columns of ours, named as Shopify names metafields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from shop.catalog.descriptions import clean
from shop.catalog.importing import build
from shop.catalog.importing.cells import Cells
from shop.catalog.importing.header import Format
from shop.catalog.importing.reader import CELL
from shop.catalog.importing.staging import Staging
from shop.catalog.product_document import HANDLE

UNIT, POSITION, MORE = (
    f"{name.title()} (product.metafields.minishop.{name})" for name in ("unit", "position", "more")
)
ROWS = 400
"""of one product: more are refused, so that a wrong file stays small in memory"""

COLUMNS = {
    "handle": "handle!",
    "url handle": "handle!",
    "title": "title!",
    "body (html)": "description",
    "description": "description",
    "vendor": "vendor",
    "product category": "category",
    "type": "product_type",
    "tags": "tags",
    "published": "published",
    "published on online store": "published",
    "status": "status",
    **{f"option{n} {what}": f"option{n}_{what}" for n in (1, 2, 3) for what in ("name", "value")},
    "variant sku": "sku",
    "sku": "sku",
    "variant grams": "weight",
    "weight value (grams)": "weight",
    "variant inventory tracker": "tracker",
    "inventory tracker": "tracker",
    "variant inventory qty": "stock",
    "inventory quantity": "stock",
    "variant inventory policy": "policy",
    "continue selling when out of stock": "policy",
    "variant price": "price!",
    "price": "price!",
    "variant compare at price": "compare_at",
    "compare-at price": "compare_at",
    "cost per item": "cost",
    "variant barcode": "barcode",
    "barcode": "barcode",
    "image src": "image",
    "product image url": "image",
    "image position": "image_position",
    "image alt text": "image_alt",
    "variant image": "variant_image",
    "variant image url": "variant_image",
    "gift card": "gift_card",
    "seo title": "seo_title",
    "seo description": "seo_description",
    UNIT.lower(): "unit",
    POSITION.lower(): "position",
    MORE.lower(): "more",
}
SHOWN = {"handle!": "Handle", "title!": "Title", "price!": "Variant Price"}
FORMAT = Format(COLUMNS, SHOWN)
SEO = {"title": 255, "description": 1000}
OF_A_VARIANT = ("sku", "price", "option1_value", "barcode", "stock")


def products(rows: Iterator[Cells], staging: Staging) -> Iterator[dict[str, Any] | None]:
    """Every product of the file; None where one is left out, for the reasons reported."""
    group: list[Cells] = []
    for row in rows:
        name = row.text("handle", build.READ)
        if not name:
            if not row.raw("handle").strip():
                row.error("handle", "import_missing")
            continue
        if group and name != group[0].text("handle", build.READ):
            yield _checked(group, staging)
            group = []
        if len(group) < ROWS:
            group.append(row)
        elif not group[0].bad:
            group[0].error("handle", "import_too_many", limit=ROWS, have=len(group) + 1)
    if group:
        yield _checked(group, staging)


def _checked(group: list[Cells], staging: Staging) -> dict[str, Any] | None:
    first = group[0]
    if first.flag("gift_card", False):
        first.skip(
            "gift_card", "import_not_for_pickup", title=first.text("title"), type="gift card"
        )
        return None
    document = _product(group, staging)
    return None if any(row.bad for row in group) else document


def _product(group: list[Cells], staging: Staging) -> dict[str, Any]:
    first = group[0]
    document: dict[str, Any] = {"line": first.line, "handle": build.handle(first)}
    fields = document["fields"] = build.common(first)
    if "published" in first or "status" in first:
        fields["status"] = _status(first)
    if "image" in first:
        fields["images"] = _images(group)
    if "seo_title" in first or "seo_description" in first:
        seo = {name: first.text(f"seo_{name}", 1000) for name in ("title", "description")}
        fields["seo"] = {name: text for name, text in seo.items() if text}
    more = _more(first)
    if "translations" in more:
        fields["translations"] = more["translations"]
    if "category" in first:
        document["paths"] = _paths(first, more.get("categories", []))
    names = _option_names(first)
    of_variants = [row for row in group if row is first or any(map(row.raw, OF_A_VARIANT))]
    variants = [_variant(row, names) for row in of_variants]
    fields["options"] = build.options(names, variants, more.get("values", []))
    return build.done(first, staging, document, variants)


def _status(row: Cells) -> str:
    status = row.text("status").lower()
    if status not in ("", "active", "draft", "archived", "unlisted"):
        row.error("status", "import_word", value=status[:40], words="active, draft, archived")
    if status == "unlisted":
        row.note("status", "import_hidden")
    return "published" if row.flag("published", True) and status in ("", "active") else "draft"


def _images(group: list[Cells]) -> list[dict[str, str]]:
    found: list[tuple[int, dict[str, str]]] = []
    for row in group:
        if src := build.address(row, "image"):
            place = row.whole("image_position", 0, 10_000)
            image = {"src": src, "alt": build.cut(row, "image_alt", build.ALT)}
            found.append((len(found) + 1 if place is None else place, image))
    in_order = [image for _, image in sorted(found, key=lambda pair: pair[0])]
    return build.images(group[0], in_order)


def _option_names(row: Cells) -> list[str]:
    names = [
        (f"option{n}_name", build.cut(row, f"option{n}_name", build.OPTION)) for n in (1, 2, 3)
    ]
    if names[0][1].lower() == "title" and row.text("option1_value") == "Default Title":
        return []
    return build.option_names(row, names)


def _variant(row: Cells, names: list[str]) -> dict[str, Any]:
    made = build.variant(row)
    values = [build.cut(row, f"option{n}_value", build.OPTION) for n in (1, 2, 3)]
    if values == ["Default Title", "", ""] and not names:
        values = []
    for n, value in enumerate(values, 1):
        if bool(value) != (n <= len(names)):
            row.error(f"option{n}_value", "import_option", value=value, options=len(names))
    made["options"] = values[: len(names)]
    made["price"] = row.amount("price")
    if not row.raw("price").strip():
        row.error("price", "import_missing")
    if "compare_at" in row:
        made["compare_at"] = row.amount("compare_at") or None
    if "weight" in row:
        made["weight"] = build.grams(row)
    if "variant_image" in row:
        made["image"] = build.address(row, "variant_image")
    if "tracker" in row:
        made["tracked"] = bool(row.raw("tracker").strip()) and _stops(row)
    if "stock" in row:
        made["stock"] = build.units(row)
    return made


def _stops(row: Cells) -> bool:
    """Whether selling stops at the last unit. What may be sold without end is not counted."""
    policy = row.text("policy").lower()
    if policy not in ("", "deny", "continue", "false", "true"):
        row.error("policy", "import_word", value=policy[:40], words="deny, continue")
    return policy not in ("continue", "true")


def _more(row: Cells) -> dict[str, Any]:
    """{translations, categories [[{handle, title, …}, …], …], values [[value, …], …]}, as
    `exporting` writes them; `values` is the order of each option's."""
    text = row.text("more", CELL)
    try:
        more = orjson.loads(text or "{}")
        if not isinstance(more, dict):
            raise ValueError("not an object")
        return {name: check(more[name]) for name, check in MORE_PARTS.items() if name in more}
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        row.error("more", "import_json", error=str(error)[:200])
        return {}


def _translations(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    words = {locale: _words(said) for locale, said in sorted(found.items())}
    return {locale: said for locale, said in words.items() if any(said.values())}


def _words(said: dict[str, Any]) -> dict[str, Any]:
    texts = {name: text for name, text in said.items() if name != "options"}
    if not all(
        isinstance(text, str) for text in (*texts.values(), *said.get("options", {}).values())
    ):
        raise ValueError("a translation is a text")
    return {**said, "description": clean(said["description"])} if said.get("description") else said


def _nodes(found: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    for node in (node for path in found for node in path):
        if not HANDLE.fullmatch(node["handle"]) or not 0 < len(node["title"]) <= build.CATEGORY:
            raise ValueError("a category has a handle and a title")
    return found


MORE_PARTS: dict[str, Callable[[Any], Any]] = {
    "translations": _translations,
    "categories": _nodes,
    "values": list,
}


def _paths(row: Cells, exact: list[Any]) -> list[Any]:
    """Category paths. The column that people edit wins over ours where the two differ."""
    cell = row.text("category", 3000)
    if exact and cell == build.path_cell(exact[0]):
        return exact
    return build.paths(row, [cell.split(" > ")])
