"""The WooCommerce product export: a row per product and a row per variation, in any order.

Simple and variable products come in. Grouped, external, downloadable and virtual ones have
nothing to hand over: each is reported and left out. The export holds no address of the product's
page, so the SKU names the product: a renamed product is still the same one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from shop import i18n
from shop.services.descriptions import clean
from shop.services.importing import build
from shop.services.importing.cells import Cells
from shop.services.importing.staging import Staging
from shop.services.product_document import LENGTHS, OPTIONS, VARIANTS, slug

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
UNSOLD = ("grouped", "external", "downloadable", "virtual")
GRAMS = {"": "1000", "kg": "1000", "g": "1", "lb": "453.59237", "lbs": "453.59237",
         "oz": "28.349523125", "t": "1000000"}  # fmt: skip
COMMA = re.compile(r"(?<!\\),")
BLOCK = re.compile(r"<(p|br|div|ul|ol|table|h\d)\b", re.I)
MIDNIGHT, LAST = time(), time(23, 59, 59)


def products(rows: Iterator[Cells], staging: Staging) -> Iterator[dict[str, Any] | None]:
    """Every product of the file; None where one is left out, for the reasons reported."""
    like: Cells | None = None
    for row in rows:
        like = row
        kinds = [kind.strip().lower() for kind in row.text("type").split(",")]
        if unsold := [kind for kind in kinds if kind in UNSOLD]:
            row.findings.skip(row.line, row.header.title("type"), "import_not_for_pickup",
                              title=row.text("title"), type=", ".join(unsold))  # fmt: skip
        elif "simple" in kinds:
            yield _checked(row, [row], [], staging)
        elif "variable" in kinds:
            staging.put_parent(row.line, row.text("id"), row.text("sku"), row.cells)
        elif "variation" in kinds:
            place = row.whole("position", -build.POSITION, build.POSITION) or 0
            staging.put_child(row.line, row.text("parent"), place, row.cells)
        else:
            row.error(
                "type", "import_word", value=kinds[0][:40], words="simple, variable, variation"
            )
    if like is not None:
        yield from _families(like, staging)


def _families(like: Cells, staging: Staging) -> Iterator[dict[str, Any] | None]:
    """The variable products, each with its variations wherever they stood."""
    for parent_row, child_rows in staging.families(VARIANTS):
        parent = like.at(*parent_row)
        children = [child for child in (like.at(*row) for row in child_rows) if _enabled(child)]
        if children:
            yield _checked(parent, children, _option_names(parent, children), staging)
        else:
            parent.findings.skip(parent.line, parent.header.title("type"), "import_no_variations",
                                 title=parent.text("title"))  # fmt: skip
    for line, name in staging.orphans():
        like.at(line, []).error("parent", "import_parent", parent=name)


def _enabled(variation: Cells) -> bool:
    if _published(variation):
        return True
    variation.findings.skip(variation.line, variation.header.title("published"), "import_disabled",
                            title=variation.text("title"))  # fmt: skip
    return False


def _checked(
    row: Cells, rows: list[Cells], names: list[str], staging: Staging
) -> dict[str, Any] | None:
    """The product of `row`, its variants those of `rows`; None if it has errors."""
    before = row.findings.failed
    fields = _fields(row)
    variants = [_variant(each, row, names) for each in rows]
    known = _attributes(row)
    orders = [_list(known.get(name, "")) for name in names]
    fields["options"] = build.options(names, variants, orders)
    document = {"line": row.line, "handle": _handle(row), "fields": fields}
    if "category" in row:
        listed = _list(row.text("category", 10_000))
        document["paths"] = build.paths(row, [path.split(">") for path in listed])
    document = build.done(row, staging, document, variants)
    return document if row.findings.failed == before else None


def _handle(row: Cells) -> str:
    """Made of the SKU, with the id beside it where that alone may not tell it from another."""
    sku, number = row.text("sku"), row.text("id")
    made = slug(sku or row.text("title"))
    return f"{made}-{number}" if number and made != sku.lower() else made


def _fields(row: Cells) -> dict[str, Any]:
    fields = build.common(row)
    if "published" in row or "visibility" in row:
        hidden = row.text("visibility").lower() == "hidden"
        if hidden and _published(row):
            row.note("visibility", "import_hidden")
        fields["status"] = "published" if _published(row) and not hidden else "draft"
    if "description" in row:
        texts = (row.text("short", DESCRIPTION), row.text("description", DESCRIPTION))
        fields["description"] = clean("\n".join(_paragraphs(text) for text in texts if text))
    if "tags" in row:
        fields["tags"] = build.tags(row, _list(row.text("tags", 10_000)))
    if "image" in row:
        images = [{"src": src, "alt": ""} for src in _images(row)]
        fields["images"] = build.images(row, images)
    return fields


def _variant(row: Cells, product: Cells, names: list[str]) -> dict[str, Any]:
    made = build.variant(row)
    attributes = _attributes(row)
    anything = i18n.say("import_any_value", row.findings.ctx.store.locale)
    made["options"] = [unescape(attributes.get(name) or anything) for name in names]
    for value in made["options"]:
        if len(value) > build.OPTION:
            row.error("attribute1_values", "import_too_long", limit=build.OPTION, have=len(value))
    made["price"], compare_at = _price(row)
    if "sale" in row:
        made["compare_at"] = compare_at
    if "weight" in row:
        made["weight"] = _grams(row) if row.raw("weight").strip() else _grams(product)
    if "image" in row and row is not product:
        made["image"] = next(iter(_images(row)), "")
    if "stock" in row:
        made["tracked"], made["stock"] = _stock(row)
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
        if name := row.text(f"attribute{n}_name", build.OPTION):
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


def _price(row: Cells) -> tuple[int | None, int | None]:
    """(price, compare at): the sale price while the sale lasts, else the regular one."""
    regular, sale = row.amount("price"), row.amount("sale")
    if regular is None and sale is None and not row.raw("price").strip():
        row.error("price", "import_missing")
    if sale is None or (regular is not None and sale >= regular):
        return regular, None
    starts, ends = _moment(row, "sale_starts", MIDNIGHT), _moment(row, "sale_ends", LAST)
    now = row.findings.ctx.now
    if (starts and now < starts) or (ends and now > ends):
        row.note("sale", "import_no_sale", price=row.raw("sale"))
        return (sale if regular is None else regular), None
    if ends:
        row.note("sale_ends", "import_sale_ends", ends=row.raw("sale_ends"))
    return sale, regular


def _moment(row: Cells, name: str, at: time) -> datetime | None:
    """A date of the store's own zone; a day without an hour means `at`."""
    text = row.text(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        row.error(name, "import_date", value=text[:40])
        return None
    if len(text) <= len("2026-05-01"):
        moment = datetime.combine(moment.date(), at)
    return moment if moment.tzinfo else moment.replace(tzinfo=row.findings.zone)


def _grams(row: Cells) -> int | None:
    text = row.text("weight")
    if not text:
        return None
    try:
        grams = Decimal(text) * Decimal(GRAMS[row.header.unit])
        if not 0 <= grams <= build.WEIGHT:
            raise InvalidOperation
    except InvalidOperation:
        row.error("weight", "import_number", value=text[:40])
        return None
    return int(grams.to_integral_value(ROUND_HALF_UP)) or None


def _stock(row: Cells) -> tuple[bool, int | None]:
    """(tracked, units). Without a number Woo does not count; what it shares among variations
    cannot be shared here and starts at none."""
    if row.text("stock").lower() == "parent":
        row.note("stock", "import_shared_stock")
        return True, 0
    units = build.units(row)
    if units is None:
        return not row.flag("in_stock", True), 0
    return row.text("backorders").lower() not in ("1", "notify"), units


def _images(row: Cells) -> list[str]:
    found = [build.address(row, "image", src) for src in _list(row.text("image", 100_000))]
    return [src for src in found if src]


def _list(text: str) -> list[str]:
    """The words between commas; `\\,` is a comma in a word."""
    words = (unescape(word).strip() for word in COMMA.split(text))
    return list(dict.fromkeys(html.unescape(word) for word in words if word))


def unescape(text: str) -> str:
    return text.replace("\\,", ",")


def _paragraphs(text: str) -> str:
    """Woo writes a line's end as `\\n` and makes paragraphs of plain text when it shows it."""
    text = text.replace("\\n", "\n").replace("\r\n", "\n")
    if BLOCK.search(text):
        return text
    parts = (part.strip() for part in re.split(r"\n\s*\n", text))
    return "\n".join("<p>" + part.replace("\n", "<br>") + "</p>" for part in parts if part)
