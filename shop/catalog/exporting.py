"""The catalogue of a store as a Shopify product CSV, as a stream; `importing` reads it back.

What Shopify has no column for stands in columns of ours, at the end, named as Shopify names
metafields: the unit, the position, and a JSON of translations, exact categories and the order of
option values. Free text that a spreadsheet would run as a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from shop import db, money
from shop.catalog import products
from shop.catalog.importing.build import path_cell
from shop.catalog.importing.shopify import MORE, POSITION, UNIT
from shop.catalog.product_document import Document
from shop.context import Context
from shop.data.spreadsheet import guard

COLUMNS = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published",
    "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name",
    "Option3 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Inventory Policy", "Variant Fulfillment Service",
    "Variant Price", "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable",
    "Variant Barcode", "Image Src", "Image Position", "Image Alt Text", "Gift Card", "SEO Title",
    "SEO Description", "Variant Image", "Variant Weight Unit", "Cost per item", "Status",
    UNIT, POSITION, MORE,
)  # fmt: skip
BOM = "\ufeff"
BLOCK = 1 << 16
CATEGORIES = """
SELECT c.handle, c.title, c.position, c.translations, p.handle
FROM category c LEFT JOIN category p ON p.id = c.parent_id WHERE c.store = ?"""

Cells = dict[str, Any]


def export_products(ctx: Context, *, excel: bool = False) -> Iterator[bytes]:
    """UTF-8 blocks of a CSV file of every product, drafts among them, in the order they were made.

    `excel` puts a byte order mark in front, without which Excel shows Chinese as noise.
    """
    text = io.StringIO(newline="")
    sheet = csv.DictWriter(text, COLUMNS, restval="")
    text.write(BOM if excel else "")
    sheet.writeheader()
    tree = _tree(ctx)
    for product in products.each(ctx):
        sheet.writerows(_rows(product, tree, ctx.store.currency))
        if text.tell() > BLOCK:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    block = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return block


def _rows(product: Document, tree: dict[str, list[Document]], currency: str) -> Iterator[Cells]:
    """The product and its first variant and image; then the rest of these, side by side."""
    names = [option["name"] for option in product["options"]]
    about = _about(product, tree)
    for place, (variant, image) in enumerate(
        zip_longest(product["variants"], product["images"]), 1
    ):
        row: Cells = {"Handle": guard(product["handle"]), **about}
        if variant:
            row |= _variant(variant, names, currency)
        if variant and place == 1:
            row |= {f"Option{n} Name": guard(name) for n, name in enumerate(names or ["Title"], 1)}
        if image:
            row |= {"Image Src": guard(image["src"]), "Image Position": place,
                    "Image Alt Text": guard(image["alt"])}  # fmt: skip
        yield row
        about = {}


def _about(product: Document, tree: dict[str, list[Document]]) -> Cells:
    published = product["status"] == "published"
    paths = [tree[handle] for handle in product["categories"] if handle in tree]
    return {
        "Title": guard(product["title"]),
        "Body (HTML)": guard(product["description"]),
        "Vendor": guard(product["vendor"]),
        "Product Category": guard(path_cell(paths[0])) if paths else "",
        "Type": guard(product["product_type"]),
        "Tags": guard(", ".join(map(_quoted, product["tags"]))),
        "Published": "TRUE" if published else "FALSE",
        "Gift Card": "FALSE",
        "SEO Title": guard(product["seo"].get("title") or ""),
        "SEO Description": guard(product["seo"].get("description") or ""),
        "Status": "active" if published else "draft",
        UNIT: guard(product["unit"]),
        POSITION: product["position"],
        MORE: _more(product, paths),
    }


def _variant(variant: Document, names: list[str], currency: str) -> Cells:
    def amount(name: str) -> str:
        return "" if variant[name] is None else money.plain(variant[name], currency)

    values = variant["options"] if names else ["Default Title"]
    return {
        **{f"Option{n} Value": guard(value) for n, value in enumerate(values, 1)},
        "Variant SKU": guard(variant["sku"]),
        "Variant Grams": "" if variant["weight"] is None else variant["weight"],
        "Variant Inventory Tracker": "shopify" if variant["tracked"] else "",
        "Variant Inventory Qty": variant["stock"],
        "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": amount("price"),
        "Variant Compare At Price": amount("compare_at"),
        "Variant Requires Shipping": "TRUE",
        "Variant Taxable": "TRUE",
        "Variant Barcode": guard(variant["barcode"]),
        "Variant Image": guard(variant["image"]),
        "Variant Weight Unit": "g",
        "Cost per item": amount("cost"),
    }


def _more(product: Document, paths: list[list[Document]]) -> str:
    more: dict[str, Any] = {}
    if product["translations"]:
        more["translations"] = product["translations"]
    if paths:
        more["categories"] = paths
    values = [option["values"] for option in product["options"]]
    used = zip(*(variant["options"] for variant in product["variants"]), strict=True)
    if values != [list(dict.fromkeys(column)) for column in used]:
        more["values"] = values
    return db.dump(more) if more else ""


def _tree(ctx: Context) -> dict[str, list[Document]]:
    """The path from the root to each category, by its handle."""
    nodes: dict[str, Document] = {}
    above: dict[str, str | None] = {}
    for handle, title, position, translations, parent in db.rows(CATEGORIES, ctx.code):
        nodes[handle] = {"handle": handle, "title": title}
        if position:
            nodes[handle]["position"] = position
        if words := db.load(translations):
            nodes[handle]["translations"] = words
        above[handle] = parent
    paths = {}
    for handle in nodes:
        path: list[Document] = []
        at: str | None = handle
        while at is not None:
            path.insert(0, nodes[at])
            at = above[at]
        paths[handle] = path
    return paths


def _quoted(tag: str) -> str:
    """A tag as `cells.split` reads it: in quotes where a comma or quote would end it."""
    return '"' + tag.replace('"', '""') + '"' if any(mark in tag for mark in ',"\n\r') else tag
