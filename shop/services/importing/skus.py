"""SKUs for variants whose rows have none, and for those whose SKU another product has.

Such a variant is looked for first: by the row's id in the other shop, where there is one, then by its
option values within the product. The place of a row means nothing, so rows may be put in and taken
out. Only a variant that is not found gets a new SKU, one that neither the file nor the shop has; it
is found by the same means the next time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shop import db
from shop.context import Context
from shop.services import product_names, product_rows
from shop.services.importing.report import Findings
from shop.services.importing.staging import Staging
from shop.services.product_document import LENGTHS, Document, slug

OWNERS = """
SELECT v.sku, p.handle FROM variant v JOIN product p ON p.id = v.product_id
WHERE v.store = ? AND v.sku IN (??)"""


def owners(ctx: Context, skus: Iterable[str]) -> dict[str, str]:
    """The handles of the products that have these SKUs."""
    return dict(db.rows(OWNERS, ctx.code, db.many(list(skus))))


def settle(ctx: Context, findings: Findings, staging: Staging, staged: list[Document]) -> None:
    """Give every variant of these products a SKU. Call it when the whole file is staged."""
    _find_renamed(ctx, findings, staging, [product for product in staged if "by_id" in product])
    if findings.suffix_skus:
        _give_way(ctx, staged)
    blank = [product for product in staged if not all(v["sku"] for v in product["variants"])]
    ids = product_names.by_handle(ctx, [product["handle"] for product in blank])
    known = product_rows.read(ctx, ids.values())
    for product in blank:
        if product["handle"] in ids:
            _recognise(product, known[ids[product["handle"]]])
    _make(ctx, findings, staging, blank)


def _find_renamed(
    ctx: Context, findings: Findings, staging: Staging, staged: list[Document]
) -> None:
    """A product whose handle was made of a title that has changed since is known by its variants."""
    there = product_names.by_handle(ctx, [product["handle"] for product in staged])
    lost = [product for product in staged if product["handle"] not in there]
    found = owners(ctx, (sku for product in lost for sku in product["by_id"]))
    for product in lost:
        handles = {found[sku] for sku in product["by_id"] if sku in found}
        if len(handles) != 1:
            continue
        [handle] = handles
        if staging.claim_handle(handle, product["line"]) is None:
            product["handle"] = handle
            findings.note(product["line"], "", "import_renamed", handle=handle,
                          title=product["fields"]["title"])  # fmt: skip


def _give_way(ctx: Context, staged: list[Document]) -> None:
    """Take SKUs that belong to another product of the shop from the variants of the file."""
    found = owners(ctx, (v["sku"] for product in staged for v in product["variants"] if v["sku"]))
    for product in staged:
        for variant in product["variants"]:
            if found.get(variant["sku"], product["handle"]) != product["handle"]:
                variant["twin"], variant["sku"] = variant["sku"], ""


def _recognise(product: Document, known: Document) -> None:
    """Variants of the product in the shop, by the row's id or by their option values."""
    listed = {variant["sku"] for variant in product["variants"]}
    free = {v["sku"]: v for v in known["variants"] if v["sku"] not in listed}
    blank = [variant for variant in product["variants"] if not variant["sku"]]
    for variant in blank:
        if free.pop(variant.get("identity", ""), None):
            variant["sku"] = variant["identity"]
    names, known_names = _names(product["fields"]), _names(known)
    by_name = set(names) == set(known_names)
    places = {
        _place(known_names, variant["options"], by_name): sku for sku, variant in free.items()
    }
    for variant in blank:
        if not variant["sku"]:
            place = _place(names, variant["options"], by_name)
            variant["sku"] = places.pop(place, "")


def _names(fields: Document) -> list[str]:
    return [option["name"] for option in fields["options"]]


def _place(names: list[str], values: list[str], by_name: bool) -> Any:
    """What tells a variant from the others; the order of the options means nothing."""
    return frozenset(zip(names, values, strict=True)) if by_name else tuple(values)


def _make(ctx: Context, findings: Findings, staging: Staging, staged: list[Document]) -> None:
    wanted = [
        (variant, *_wish(product["handle"], variant))
        for product in staged for variant in product["variants"] if not variant["sku"]
    ]  # fmt: skip
    taken = product_names.by_sku(ctx, [_numbered(base, first) for _, base, first in wanted])
    for variant, base, first in wanted:
        variant["sku"] = _free(ctx, staging, variant["line"], base, first, taken)
        if twin := variant.get("twin"):
            findings.note(variant["line"], findings.sku_title, "import_sku_suffixed", sku=twin,
                          made=variant["sku"])  # fmt: skip


def _wish(handle: str, variant: Document) -> tuple[str, int]:
    """(the SKU to be made, the first number behind it, 0 for none)"""
    if twin := variant.get("twin"):
        return twin, 2
    if identity := variant.get("identity"):
        return identity, 0
    if variant["options"]:
        return f"{handle}-{slug(' '.join(variant['options']))}", 0
    return handle, 1


def _numbered(base: str, number: int) -> str:
    end = f"-{number}" if number else ""
    return base[: LENGTHS["sku"] - len(end)] + end


def _free(
    ctx: Context, staging: Staging, line: int, base: str, number: int, taken: dict[str, int]
) -> str:
    """The first of base, base-2, base-3 … that neither file nor shop has; asked about in growing
    numbers, since a thousand may begin alike."""
    names = [_numbered(base, number)]
    while True:
        for sku in names:
            if sku not in taken and staging.claim_sku(sku, line) is None:
                return sku
        following = max(number + len(names), 2)
        count = min(len(names) * 8, 4096)
        number, names = following, [_numbered(base, n) for n in range(following, following + count)]
        taken = product_names.by_sku(ctx, names)
