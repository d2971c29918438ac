"""The WooCommerce product export: a row per product and a row per variation, in any order.

Simple and variable products come in. Others, such as grouped, virtual or subscription products,
are not sold here: each is reported and left out. The export holds no address of the product's
page, so the SKU names the product: a renamed product is still the same one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shop import i18n
from shop.catalog.descriptions import clean
from shop.catalog.importing import build
from shop.catalog.importing import woocommerce_values as values
from shop.catalog.importing.cells import Cells
from shop.catalog.importing.header import Format
from shop.catalog.importing.staging import Staging
from shop.catalog.importing.woocommerce_words import TRANSLATED, attribute
from shop.catalog.product_document import LENGTHS, OPTIONS, VARIANTS, slug

ATTRIBUTES = 20
DESCRIPTION = LENGTHS["description"]
COLUMNS = {
    "id": "id",
    "type": "type!",
    "sku": "sku!",
    "gtin, upc, ean, or isbn": "barcode",
    "name": "title!",
    "published": "published",
    "visibility in catalog": "visibility",
    "short description": "short",
    "description": "description",
    "date sale price starts": "sale_starts",
    "date sale price ends": "sale_ends",
    "in stock?": "in_stock",
    "stock": "stock",
    "backorders allowed?": "backorders",
    "weight (unit)": "weight",
    "sale price": "sale",
    "regular price": "price!",
    "cost of goods": "cost",
    "categories": "category",
    "tags": "tags",
    "brands": "vendor",
    "images": "image",
    "parent": "parent",
    "position": "position",
    **{f"attribute {n} name": f"attribute{n}_name" for n in range(1, ATTRIBUTES + 1)},
    **{f"attribute {n} value(s)": f"attribute{n}_values" for n in range(1, ATTRIBUTES + 1)},
}
SHOWN = {"type!": "Type", "sku!": "SKU", "title!": "Name", "price!": "Regular price"}
FORMAT = Format(TRANSLATED | COLUMNS, SHOWN, attribute)
SOLD = ("simple", "variable", "variation")
UNSOLD = ("grouped", "external", "downloadable", "virtual")


def products(rows: Iterator[Cells], staging: Staging) -> Iterator[dict[str, Any] | None]:
    """Every product of the file; None where one is left out, for the reasons reported."""
    like: Cells | None = None
    left_out: set[str] = set()
    for row in rows:
        like = row
        kinds = [kind for kind in map(str.strip, row.text("type").lower().split(",")) if kind]
        unsold = [kind for kind in kinds if kind in UNSOLD]
        if kinds and not unsold and not set(kinds) & set(SOLD):
            unsold = kinds
        if unsold:
            left_out |= {row.text("sku"), f"id:{row.text('id')}"}
            kind = ", ".join(unsold)
            row.skip("type", "import_not_for_pickup", title=row.text("title"), type=kind[:40])
        elif "simple" in kinds:
            yield _checked(row, [row], [], staging)
        elif "variable" in kinds:
            staging.put_parent(row.text("id"), row.text("sku"), (row.line, row.cells, row.bad))
        elif "variation" in kinds:
            place = row.whole("position", -build.POSITION, build.POSITION) or 0
            staging.put_child(row.text("parent"), place, (row.line, row.cells, row.bad))
        else:
            row.error("type", "import_missing")
    if like is not None:
        yield from _families(like, staging, left_out)


def _families(like: Cells, staging: Staging, left_out: set[str]) -> Iterator[dict[str, Any] | None]:
    """The variable products, each with its variations wherever they stood."""
    for parent_row, child_rows in staging.families(VARIANTS):
        parent = like.at(*parent_row)
        children = [child for child in (like.at(*row) for row in child_rows) if _enabled(child)]
        if children:
            yield _checked(parent, children, _option_names(parent, children), staging)
        else:
            parent.skip("type", "import_no_variations", title=parent.text("title"))
    for line, name in staging.orphans():
        if name in left_out:
            continue
        like.at(line, []).error("parent", "import_parent", parent=name)


def _enabled(variation: Cells) -> bool:
    if _published(variation):
        return True
    variation.skip("published", "import_disabled", title=variation.text("title"))
    return False


def _checked(
    row: Cells, rows: list[Cells], names: list[str], staging: Staging
) -> dict[str, Any] | None:
    """The product of `row`, its variants those of `rows`; None if it has errors."""
    lacking = {"attribute1_name", "attribute1_values"} - row.header.places.keys()
    if lacking and rows != [row] and (columns := _strange(row)):
        row.error("type", "import_no_attributes", title=row.text("title"), columns=columns)
    fields = _fields(row)
    variants = [_variant(each, row, names) for each in rows]
    known = _attributes(row)
    orders = [values.words(known.get(name, "")) for name in names]
    fields["options"] = build.options(names, variants, orders)
    document = {"line": row.line, "handle": _handle(row), "fields": fields,
                "id": row.text("id"), "by_id": _lasting(row, variants)}  # fmt: skip
    if "category" in row:
        listed = values.words(row.text("category", 10_000))
        document["paths"] = build.paths(row, [path.split(">") for path in listed])
    document = build.done(row, staging, document, variants)
    return None if any(each.bad for each in (row, *rows)) else document


def _strange(row: Cells) -> str:
    """The titles that were not understood."""
    known = set(row.header.places.values())
    titles = [title for place, title in enumerate(row.header.titles) if place not in known]
    return ", ".join(filter(None, titles))[:400]


def _handle(row: Cells) -> str:
    """Made of the SKU, with the id beside it where that alone may not tell it from another."""
    sku, number = row.text("sku"), row.text("id")
    made = slug(sku or row.text("title"))
    return f"{made}-{number}" if number and made != sku.lower() else made


def _lasting(row: Cells, variants: list[dict[str, Any]]) -> list[str]:
    """SKUs by which the product is known again although its SKU or title has changed."""
    own = [] if row.raw("sku").strip() else [v["sku"] for v in variants]
    return [sku for sku in (*own, *(v.get("identity") for v in variants)) if sku]


def _fields(row: Cells) -> dict[str, Any]:
    fields = build.common(row)
    if "published" in row or "visibility" in row:
        shown = _published(row)
        if shown and row.text("visibility").lower() == "hidden":
            row.note("visibility", "import_hidden")
            shown = False
        fields["status"] = "published" if shown else "draft"
    if "description" in row:
        texts = (row.text("short", DESCRIPTION), row.text("description", DESCRIPTION))
        fields["description"] = clean("\n".join(values.paragraphs(text) for text in texts if text))
    if "tags" in row:
        fields["tags"] = build.tags(row, values.words(row.text("tags", 10_000)))
    if "image" in row:
        images = [{"src": src, "alt": ""} for src in values.images(row)]
        fields["images"] = build.images(row, images)
    return fields


def _variant(row: Cells, product: Cells, names: list[str]) -> dict[str, Any]:
    made = build.variant(row)
    if number := row.text("id"):
        made["identity"] = f"woo-{number}"[: LENGTHS["sku"]]
    attributes = _attributes(row)
    anything = i18n.say("import_any_value", row.findings.ctx.store.locale)
    made["options"] = [
        build.shortened(
            row,
            "attribute1_values",
            values.unescape(attributes.get(name) or anything),
            build.OPTION,
        )
        for name in names
    ]
    made["price"], compare_at = values.prices(row)
    if "sale" in row:
        made["compare_at"] = compare_at
    if "weight" in row:
        made["weight"] = values.grams(row) if row.raw("weight").strip() else values.grams(product)
    if "image" in row and row is not product:
        made["image"] = next(iter(values.images(row)), "")
    if "stock" in row:
        made["tracked"], made["stock"] = values.units(row)
    return made


def _published(row: Cells) -> bool:
    """1 is published, 0 private, -1 a draft."""
    return row.whole("published", -1, 1) in (1, None)


def _attributes(row: Cells) -> dict[str, str]:
    """{name: values}; the columns' numbers mean nothing, they differ from row to row."""
    named = {}
    for n in range(1, ATTRIBUTES + 1):
        if f"attribute{n}_name" not in row:
            break
        if name := build.cut(row, f"attribute{n}_name", build.OPTION):
            named[name] = row.text(f"attribute{n}_values", 10_000)
    return named


def _option_names(parent: Cells, children: list[Cells]) -> list[str]:
    """The attributes that tell the variations apart; what all of them leave open is no option."""
    of_children = [_attributes(child) for child in children]
    named = {name for attributes in of_children for name in attributes}
    names = [name for name in _attributes(parent) if name in named]
    names += sorted(named - set(names))
    for name in list(names):
        if not any(attributes.get(name) for attributes in of_children):
            names.remove(name)
            parent.note("attribute1_name", "import_open_option", name=name)
    if len(names) > OPTIONS:
        parent.error("attribute1_name", "import_too_many", limit=OPTIONS, have=len(names))
    return names[:OPTIONS]
