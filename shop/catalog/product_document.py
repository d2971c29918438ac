"""The one shape in which a product is written, read, imported and exported.

    {
      "handle": "fuji-apple",         in its address; made from the title where missing
      "title": "红富士苹果",
      "description": "<p>…</p>",      HTML, cleaned
      "status": "draft",              or "published"
      "unit": "袋", "vendor": "", "product_type": "",
      "tags": ["当季"],
      "images": [{"src": "https://… or a path", "alt": ""}],
      "options": [{"name": "规格", "values": ["3斤装", "5斤装"]}],     at most 3
      "seo": {"title": "", "description": ""},
      "translations": {"en": {"title": "", "description": "", "unit": "",
                              "options": {"规格": "Size", "3斤装": "1.5 kg"}}},
      "position": 0,
      "categories": ["seasonal-fruit"],          handles, which must exist
      "variants": [{"sku": "APPLE-3", "options": ["3斤装"], "barcode": "", "price": 1990,
                    "compare_at": None, "cost": None, "weight": 1500, "image": "",
                    "tracked": True, "stock": 120}]                1 to 100
    }

Only `title` and each variant's `sku` and `price` are required. Amounts are minor units, weight
grams. A variant has one value per option. An option's `values` are those of the variants; the
order given is kept. `stock` counts only where the variant is made; later it is told, and changed
by signed deltas.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from shop import money
from shop.catalog.descriptions import clean
from shop.errors import Reject

Document = dict[str, Any]
OPTIONS, VARIANTS = 3, 100
DEFAULTS: dict[str, Any] = {
    "handle": "", "title": "", "description": "", "status": "draft", "unit": "", "vendor": "",
    "product_type": "", "tags": [], "images": [], "options": [], "seo": {}, "translations": {},
    "position": 0, "categories": [],
}  # fmt: skip
VARIANT_DEFAULTS: dict[str, Any] = {
    "sku": "", "options": [], "barcode": "", "price": None, "compare_at": None, "cost": None,
    "weight": None, "image": "", "tracked": True,
}  # fmt: skip
LENGTHS = {
    "handle": 200, "title": 255, "description": 100_000, "unit": 32, "vendor": 255,
    "product_type": 255, "sku": 64, "barcode": 64, "image": 2000,
}  # fmt: skip
HANDLE = re.compile(r"[^\W_][\w.~-]*")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*(?=:)", re.I)


def slug(text: str) -> str:
    """A handle made of a title: `Fuji Apples (1.5 kg)` -> fuji-apples-1-5-kg; CJK stays."""
    words = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", text).lower())
    return words.strip("-")[:150].strip("-") or "product"


def complete(document: Document) -> Document:
    """The document with every key, cleaned and checked but for what only the database knows.

    422 `no_title`, `no_sku`, `too_long`, `bad_handle`, `bad_image`, `no_variants`, `too_many_options`,
    `too_many_variants`, `bad_amount`, `option_twice`, `variant_options`, `variant_twice`, `sku_twice`.
    """
    product = {name: document.get(name, default) for name, default in DEFAULTS.items()}
    product["description"] = clean(product["description"])
    _lengths(product)
    if not product["title"].strip():
        raise Reject("no_title")
    if product["handle"] and not HANDLE.fullmatch(product["handle"]):
        raise Reject("bad_handle", handle=product["handle"])
    product["translations"] = {
        locale: {**words, **_cleaned(words)}
        for locale, words in sorted(product["translations"].items())
        if any(words.values())
    }
    product["images"] = [
        {"src": _address(image["src"]), "alt": image.get("alt", "")} for image in product["images"]
    ]
    product["tags"] = list(dict.fromkeys(tag for tag in map(str.strip, product["tags"]) if tag))
    product["categories"] = list(dict.fromkeys(product["categories"]))
    variants = [_variant(variant) for variant in document.get("variants", ())]
    product["variants"] = variants
    _match(product, variants)
    return product


def texts(product: Document) -> list[str]:
    """What a product is found by."""
    found = [product["title"], product["vendor"], product["product_type"], *product["tags"]]
    for words in product["translations"].values():
        found += [words.get("title", ""), *words.get("options", {}).values()]
    for option in product["options"]:
        found += option["values"]
    for variant in product["variants"]:
        found += [variant["sku"], variant["barcode"]]
    return found


def _variant(given: Document) -> Document:
    variant = {name: given.get(name, default) for name, default in VARIANT_DEFAULTS.items()}
    if "stock" in given:
        variant["stock"] = given["stock"]
    _lengths(variant)
    variant["sku"] = variant["sku"].strip()
    if not variant["sku"]:
        raise Reject("no_sku")
    amounts = [variant["price"]]
    amounts += [variant[name] for name in ("compare_at", "cost") if variant[name] is not None]
    if any(type(amount) is not int or not 0 <= amount <= money.MAX for amount in amounts):
        raise Reject("bad_amount", sku=variant["sku"])
    variant["image"] = _address(variant["image"])
    return variant


def _match(product: Document, variants: list[Document]) -> None:
    """Variants and options belong together; the options' values become those in use."""
    options = product["options"]
    if len(options) > OPTIONS:
        raise Reject("too_many_options", limit=OPTIONS)
    if len({option["name"] for option in options}) < len(options):
        raise Reject("option_twice")
    if not variants:
        raise Reject("no_variants")
    if len(variants) > VARIANTS:
        raise Reject("too_many_variants", limit=VARIANTS)
    skus, combinations = set(), set()
    for variant in variants:
        if len(variant["options"]) != len(options) or not all(variant["options"]):
            raise Reject("variant_options", sku=variant["sku"], options=len(options))
        if variant["sku"] in skus:
            raise Reject("sku_twice", sku=variant["sku"])
        if tuple(variant["options"]) in combinations:
            raise Reject("variant_twice", sku=variant["sku"], options=variant["options"])
        skus.add(variant["sku"])
        combinations.add(tuple(variant["options"]))
    product["options"] = [
        {"name": option["name"], "values": _in_use(option, place, variants)}
        for place, option in enumerate(options)
    ]


def _in_use(option: dict[str, Any], place: int, variants: list[Document]) -> list[str]:
    used = dict.fromkeys(variant["options"][place] for variant in variants)
    given = dict.fromkeys(value for value in option.get("values", ()) if value in used)
    return list(given | used)


def _cleaned(words: Document) -> Document:
    return {"description": clean(words["description"])} if words.get("description") else {}


def _address(src: str) -> str:
    """A web address or a path; no `javascript:` or `data:`."""
    src = src.strip()
    scheme = SCHEME.match(src)
    if (scheme and scheme[0].lower() not in ("http", "https")) or re.search(r"[\x00-\x1f]", src):
        raise Reject("bad_image", src=src[:100])
    return src


def _lengths(fields: dict[str, Any]) -> None:
    for name, limit in LENGTHS.items():
        if len(fields.get(name, "")) > limit:
            raise Reject("too_long", field=name, limit=limit)
