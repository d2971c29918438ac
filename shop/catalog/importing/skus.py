"""SKUs for variants whose rows have none, and for those whose SKU another product has.

Such a variant is looked for first: by the row's id in the other shop, where there is one, then by its
option values within the product. The place of a row means nothing, so rows may be put in and taken
out. Only a variant that is not found gets a new SKU, one that neither the file nor the shop has; it
is found by the same means the next time. A SKU that was made gives way when the file fills one in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from shop import db
from shop.catalog import product_names, product_rows
from shop.catalog.importing.report import Findings
from shop.catalog.importing.staging import Staging
from shop.catalog.product_document import LENGTHS, Document, slug
from shop.context import Context

OWNERS = """
SELECT v.sku, p.handle FROM variant v JOIN product p ON p.id = v.product_id
WHERE v.store = ? AND v.sku IN (??)"""


def owners(ctx: Context, skus: Iterable[str]) -> dict[str, str]:
    """The handles of the products that have these SKUs."""
    return dict(db.rows(OWNERS, ctx.code, db.many(list(skus))))


def settle(
    ctx: Context, findings: Findings, staging: Staging, staged: list[Document]
) -> list[Document]:
    """Give every variant of these products a SKU; those without a mistake. Call it when the whole
    file is staged."""
    bad = _find_renamed(ctx, findings, staging, [one for one in staged if "by_id" in one])
    if findings.suffix_skus:
        _give_way(ctx, staged)
    found = owners(ctx, (v["sku"] for product in staged for v in product["variants"]))
    open_ = [one for one in staged if not all(v["sku"] in found for v in one["variants"])]
    ids = product_names.by_handle(ctx, [product["handle"] for product in open_])
    known = product_rows.read(ctx, ids.values())
    for product in open_:
        if product["handle"] in ids and product["line"] not in bad:
            there = known[ids[product["handle"]]]
            if not _recognise(findings, product, there, found):
                bad.add(product["line"])
    _make(ctx, findings, staging, open_)
    return [product for product in staged if product["line"] not in bad]


def _find_renamed(
    ctx: Context, findings: Findings, staging: Staging, staged: list[Document]
) -> set[int]:
    """A product whose handle was made of a title that has changed since is known by its variants.
    The lines of those whose ID is that of another product here."""
    there = product_names.by_handle(ctx, [product["handle"] for product in staged])
    lost = [product for product in staged if product["handle"] not in there]
    found = owners(
        ctx, (sku for one in lost for sku in (*one["by_id"], *(v["sku"] for v in one["variants"])))
    )
    ids = product_names.by_handle(ctx, list(set(found.values())))
    known = product_rows.read(ctx, ids.values())
    bad = set()
    for product in lost:
        by_sku = {
            found[v["sku"]] for v in product["variants"]
            if v["sku"] in found and (v["sku"] in product["by_id"] or _is_of(product, found[v["sku"]]))
        }  # fmt: skip
        handles = by_sku or {found[sku] for sku in product["by_id"] if sku in found}
        if len(handles) != 1:
            continue
        [handle] = handles
        title, before = product["fields"]["title"], known[ids[handle]]
        if not by_sku and title.casefold() != before["title"].casefold():
            of_before = {"", *(variant["sku"] for variant in before["variants"])}
            if not of_before.issuperset(variant["sku"] for variant in product["variants"]):
                continue
            if not _alike(product, before):
                findings.error(product["line"], "", "import_id_of_another", of=product["handle"],
                               title=title, handle=handle, known=before["title"])  # fmt: skip
                bad.add(product["line"])
                continue
        if staging.claim_handle(handle, product["line"]) is None:
            product["handle"] = handle
            if title != before["title"]:
                findings.note(product["line"], "", "import_renamed", handle=handle, title=title)
    return bad


def _is_of(product: Document, handle: str) -> bool:
    """Whether a handle was made of the row's ID, before the row had the SKU that it has."""
    return bool(product["id"]) and handle.endswith(f"-{product['id']}")


def _alike(product: Document, known: Document) -> bool:
    """Whether more than an ID tells that they are one: a word of the title, or two variants of which
    one has its options still. IDs of two shops begin alike."""
    if _words(product["fields"]["title"]) & _words(known["title"]):
        return True
    options = {variant["sku"]: variant["options"] for variant in known["variants"]}
    met = [v for v in product["variants"] if v.get("identity") in options]
    return len(met) > 1 and any(v["options"] == options[v["identity"]] for v in met)


def _words(title: str) -> set[str]:
    """The words of a title; of one that is written without spaces, each two letters."""
    words = set(re.findall(r"\w+", title.casefold()))
    return words | {
        word[at : at + 2] for word in words if not word.isascii() for at in range(len(word) - 1)
    }


def _give_way(ctx: Context, staged: list[Document]) -> None:
    """Take SKUs that belong to another product of the shop from the variants of the file."""
    found = owners(ctx, (v["sku"] for product in staged for v in product["variants"] if v["sku"]))
    for product in staged:
        for variant in product["variants"]:
            if found.get(variant["sku"], product["handle"]) != product["handle"]:
                variant["twin"], variant["sku"] = variant["sku"], ""


def _recognise(
    findings: Findings, product: Document, known: Document, found: dict[str, str]
) -> bool:
    """Variants of the product in the shop, by the row's id or by their option values; whether each
    may have the SKU of its row. A SKU that the shop made itself gives way to one of the file."""
    listed = {variant["sku"] for variant in product["variants"]}
    free = {v["sku"]: v for v in known["variants"] if v["sku"] not in listed}
    asked = [variant for variant in product["variants"] if variant["sku"] not in found]
    met = [
        (variant, variant["identity"]) for variant in asked
        if free.pop(variant.get("identity", ""), None)
    ]  # fmt: skip
    names, known_names = _names(product["fields"]), _names(known)
    by_name = set(names) == set(known_names)
    for fold in (str, str.casefold):
        places = {_place(known_names, v["options"], by_name, fold): sku for sku, v in free.items()}
        left = [variant for variant in asked if not any(variant is one for one, _ in met)]
        for variant in left:
            if have := places.pop(_place(names, variant["options"], by_name, fold), ""):
                met.append((variant, have))
                del free[have]
    there = {variant["sku"]: variant for variant in known["variants"]}
    good = True
    for variant, have in met:
        if not variant["sku"]:
            variant["sku"] = have
        elif have == variant.get("identity") or _is_made(known["handle"], there[have]):
            variant["was"] = have
        else:
            options = " / ".join(variant["options"]) or product["fields"]["title"]
            findings.error(variant["line"], findings.sku_title, "import_sku_changed", of=known["handle"],
                           options=options, have=have, sku=variant["sku"])  # fmt: skip
            good = False
    return good


def _is_made(handle: str, variant: Document) -> bool:
    """Whether a variant of the shop has a SKU such as `_make` gives."""
    options = f"-{slug(' '.join(variant['options']))}" if variant["options"] else ""
    base = re.escape(f"{handle}{options}"[: LENGTHS["sku"]])
    return bool(re.fullmatch(rf"{base}(-\d+)?", variant["sku"]))


def _names(fields: Document) -> list[str]:
    return [option["name"] for option in fields["options"]]


def _place(
    names: list[str], values: list[str], by_name: bool, fold: Callable[[str], str] = str
) -> Any:
    """What tells a variant from the others; the order of the options means nothing."""
    folded = [fold(value) for value in values]
    return frozenset(zip(names, folded, strict=True)) if by_name else tuple(folded)


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
