"""What both formats make of cells: the parts of a product document.

A staged document is {line, handle, fields {column of product: value}, paths [[category, …], …]
or absent, variants [{line, sku, …}]}. A field or a variant's key that is absent is one for which
the file has no column: an existing product keeps what it has. A variant's `sku` may be empty; `identity` is
the SKU that its row in the other shop gets here then, and `twin` the SKU that it may not have
because another variant has it (see `skus`).
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from shop import letters
from shop.catalog import product_document
from shop.catalog.categories import DEEPEST
from shop.catalog.descriptions import clean
from shop.catalog.importing import handles
from shop.catalog.importing.cells import Cells, split
from shop.catalog.importing.staging import Staging
from shop.catalog.product_document import HANDLE, LENGTHS, VARIANTS
from shop.stock import stock

POSITION = 1_000_000_000
TAGS, TAG, CATEGORY, IMAGES, ALT, OPTION, WEIGHT = 50, 64, 255, 50, 255, 64, 100_000_000
THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d\d0", re.ASCII)
"""grams such as 1.500: a program writes 1.5, a person may mean 1500"""
READ = 10_000
"""characters that are read of a text that may be cut"""


def handle(row: Cells) -> str:
    """The handle, made of the text where that cannot be one; the same text gives the same handle."""
    text = row.text("handle", READ)
    if not text or (len(text) <= LENGTHS["handle"] and HANDLE.fullmatch(text)):
        return text
    made = handles.made_of(text)
    if made:
        row.note("handle", "import_handle_made", value=text[:80], handle=made)
    else:
        row.error("handle", "import_handle", value=text[:40])
    return made


def cut(row: Cells, name: str, most: int) -> str:
    """A text of at most `most` characters; what is longer is cut, with a note."""
    text = row.text(name, READ)
    return shortened(row, name, text, most)


def shortened(row: Cells, name: str, text: str, most: int) -> str:
    if len(text) <= most:
        return text
    row.note(name, "import_cut", value=text[:40], have=len(text), limit=most)
    return text[:most].rstrip()


def common(row: Cells) -> dict[str, Any]:
    """The fields of a product that are told in the same way by both formats."""
    fields: dict[str, Any] = {"title": letters.tidied(cut(row, "title", LENGTHS["title"]))}
    if not letters.is_seen(row.raw("title")):
        row.error("title", "import_missing")
    for name in ("vendor", "product_type", "unit"):
        if name in row:
            fields[name] = cut(row, name, LENGTHS[name])
    if "description" in row:
        fields["description"] = clean(row.text("description", LENGTHS["description"], strip=False))
    if "position" in row:
        fields["position"] = max(0, row.whole("position", -POSITION, POSITION) or 0)
    if "tags" in row:
        fields["tags"] = tags(row, split(row.text("tags", 2 * TAGS * TAG)))
    return fields


def tags(row: Cells, found: list[str]) -> list[str]:
    if len(found) > TAGS:
        row.error("tags", "import_too_many", limit=TAGS, have=len(found))
    return list(dict.fromkeys(shortened(row, "tags", tag, TAG) for tag in found))


def paths(row: Cells, found: list[list[str]]) -> list[list[dict[str, Any]]]:
    """Category paths [[{title}, …], …] of lists of titles; empty titles are left out."""
    made = [[{"title": title.strip()} for title in path if title.strip()] for path in found]
    if any(len(path) > DEEPEST for path in made):
        row.error("category", "import_too_many", limit=DEEPEST, have=max(map(len, made)))
    if any(len(node["title"]) > CATEGORY for path in made for node in path):
        row.error("category", "import_too_long", limit=CATEGORY, have=len(row.raw("category")))
    return [path for path in made if path]


def variant(row: Cells) -> dict[str, Any]:
    """The keys of a variant that are told in the same way by both formats; its price is not."""
    made: dict[str, Any] = {"line": row.line, "sku": sku(row)}
    if "barcode" in row:
        made["barcode"] = row.text("barcode", LENGTHS["barcode"]).removeprefix("'")
    if "cost" in row:
        made["cost"] = row.amount("cost")
    return made


def sku(row: Cells) -> str:
    text = row.text("sku", READ)
    if len(text) > LENGTHS["sku"]:
        row.error("sku", "import_sku_long", value=text[:40], have=len(text), limit=LENGTHS["sku"])
    return text


def grams(row: Cells) -> int | None:
    """A weight in whole grams, a half rounded up; None for an empty cell and for 0."""
    text = row.text("weight")
    if not text:
        return None
    try:
        exact = Decimal(text)
        if not 0 <= exact <= WEIGHT:
            raise InvalidOperation
    except InvalidOperation:
        row.error("weight", "import_number", value=text[:40])
        return None
    if THOUSANDS.fullmatch(text):
        row.error("weight", "import_grams_doubtful", value=text, one=text.replace(".", ""),
                  other=text.rstrip("0").rstrip("."))  # fmt: skip
        return None
    rounded = int(exact.to_integral_value(ROUND_HALF_UP))
    if rounded != exact:
        row.note("weight", "import_rounded", value=text[:40], grams=rounded)
    return rounded or None


def images(row: Cells, found: list[dict[str, str]]) -> list[dict[str, str]]:
    if len(found) > IMAGES:
        row.error("image", "import_too_many", limit=IMAGES, have=len(found))
    return found


def path_cell(path: list[dict[str, Any]]) -> str:
    """`Fruit > Apples`: a category path as both formats write it."""
    return " > ".join(node["title"] for node in path).strip()


def units(row: Cells) -> int | None:
    """Units in the file; None for an empty cell. What was sold below zero counts as none."""
    count = row.whole("stock", -stock.MOST, stock.MOST)
    if count is not None and count < 0:
        row.note("stock", "import_oversold", have=count)
        return 0
    return count


def address(row: Cells, name: str, text: str | None = None) -> str:
    """An image's address, kept as it is: a web address, or a path of our own media."""
    text = row.text(name, LENGTHS["image"]) if text is None else text
    scheme = product_document.SCHEME.match(text)
    if scheme and scheme[0].lower() not in ("http", "https"):
        row.error(name, "import_image", value=text[:80])
        return ""
    return text


def option_names(row: Cells, named: list[tuple[str, str]]) -> list[str]:
    """The names of (column, name) pairs, without the empty ones at the end."""
    names = [name for _, name in named]
    while names and not names[-1]:
        names.pop()
    for at, name in enumerate(names):
        if not name:
            row.error(named[at][0], "import_missing")
        elif name in names[:at]:
            row.error(named[at][0], "import_option_twice", name=name)
    return names


def options(
    names: list[str], variants: list[dict[str, Any]], orders: list[list[str]]
) -> list[dict[str, Any]]:
    """[{name, values}] of the values in use, those that `orders` lists first."""
    made = []
    for at, name in enumerate(names):
        used = dict.fromkeys(variant["options"][at] for variant in variants)
        listed = [value for value in (orders[at] if at < len(orders) else ()) if value in used]
        made.append({"name": name, "values": list(dict.fromkeys(listed) | used)})
    return made


def done(
    row: Cells, staging: Staging, document: dict[str, Any], variants: list[dict[str, Any]]
) -> dict[str, Any]:
    """The document with its variants, duplicates reported. SKUs that are missing are made later,
    when all those of the file are known (`skus`)."""
    name = document["handle"]
    if name and (before := staging.claim_handle(name, document["line"])) is not None:
        row.error("handle", "import_handle_twice", handle=name, before=before)
    if len(variants) > VARIANTS:
        row.error("sku", "import_too_many", limit=VARIANTS, have=len(variants))
    combinations: dict[tuple[str, ...], int] = {}
    for made in variants:
        line, values = made["line"], tuple(made["options"])
        if made["sku"] and (before := staging.claim_sku(made["sku"], line)) is not None:
            if row.findings.suffix_skus:
                made["twin"], made["sku"] = made["sku"], ""
            else:
                row.error("sku", "import_sku_twice", at=line, sku=made["sku"], before=before)
        if (first := combinations.setdefault(values, line)) != line:
            said = " / ".join(values)
            row.error("option1_value", "import_options_twice", at=line, options=said, before=first)
    document["variants"] = variants
    return document
