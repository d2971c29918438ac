"""Staged products into the catalogue: in bulk, in the transaction of the caller.

A product that is there already changes only where the file says something else, so that the same
file changes nothing the second time. Its stock is live: what the file says of it counts for new
variants, and for the others only on demand, as a signed delta with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from shop import db, i18n
from shop.catalog import product_names, product_rows, products, remote_pictures, version
from shop.catalog.importing import skus
from shop.catalog.importing.categories import Tree
from shop.catalog.importing.report import Findings
from shop.catalog.importing.staging import Staging
from shop.catalog.product_document import DEFAULTS, VARIANT_DEFAULTS, Document, complete
from shop.context import Context
from shop.errors import Conflict, Reject
from shop.stock import stock

OF_THE_FILE = ("line", "identity", "twin", "was")
"""keys of a staged variant that no variant of the shop has"""
NEW = {**DEFAULTS, "status": "published"}
NEW_VARIANT = {**VARIANT_DEFAULTS, "stock": 0}
ON_HAND = """
SELECT variant_id, on_hand FROM stock WHERE store = ? AND pool = 'main' AND variant_id IN (??)"""
TITLES = "SELECT title, handle FROM product WHERE store = ? AND status <> 'archived'"
RENAME_SKU = "UPDATE variant SET sku = ? WHERE product_id = ? AND store = ? AND sku = ?"


class Writer:
    def __init__(self, ctx: Context, findings: Findings, staging: Staging, set_stock: bool) -> None:
        self.ctx, self.findings, self.staging, self.set_stock = ctx, findings, staging, set_stock
        self.report = findings.report
        self._knows_titles = False

    def check(self, staged: list[Document]) -> list[Document]:
        """Those that the shop can take: only the shop knows whose a SKU is."""
        staged = skus.settle(self.ctx, self.findings, self.staging, staged)
        owners = skus.owners(
            self.ctx, (variant["sku"] for product in staged for variant in product["variants"])
        )
        good = []
        for product in staged:
            taken = False
            for variant in product["variants"]:
                owner = owners.get(variant["sku"], product["handle"])
                if owner != product["handle"]:
                    self.findings.error(variant["line"], self.findings.sku_title, "import_sku_taken",
                                        of=product["handle"], sku=variant["sku"], handle=owner)  # fmt: skip
                    taken = True
            if not taken:
                good.append(product)
                self.report.products += 1
                self.report.variants += len(product["variants"])
        return good

    @cached_property
    def tree(self) -> Tree:
        return Tree(self.ctx)

    def write(self, staged: list[Document]) -> None:
        ids = product_names.by_handle(self.ctx, [product["handle"] for product in staged])
        self._rename_skus(staged, ids)
        known = product_rows.read(self.ctx, ids.values())
        found = (
            url for product in staged for url in remote_pictures.urls_of(_told_pictures(product))
        )
        places = remote_pictures.known(self.ctx, dict.fromkeys(found))
        new = []
        for product in staged:
            _move_pictures(product, places)
            if "paths" in product:
                product["fields"]["categories"] = self.tree.handles(product["paths"])
            if product["handle"] in ids:
                self._update(product, known[ids[product["handle"]]])
            else:
                new.append(_made(product))
                self._tell_of_twin(product)
        made = product_rows.insert(self.ctx, new)
        remote = {
            id: remote_pictures.urls_of(document) for id, document in zip(made, new, strict=True)
        }
        remote |= {
            ids[product["handle"]]: remote_pictures.urls_of(_told_pictures(product))
            for product in staged if product["handle"] in ids
        }  # fmt: skip
        waiting, failed = remote_pictures.want(
            self.ctx, {i: urls for i, urls in remote.items() if urls}
        )
        self.report.pictures += waiting
        self.report.pictures_failed += failed
        self.report.created += len(new)

    def _tell_of_twin(self, product: Document) -> None:
        """A product whose SKU or handle the shop does not know may be one that it has."""
        if not self._knows_titles:
            self.staging.put_known(db.rows(TITLES, self.ctx.code))
            self._knows_titles = True
        title = product["fields"]["title"]
        if handle := self.staging.known(title):
            self.findings.note(product["line"], "", "import_title_known", of=product["handle"],
                               title=title, handle=handle)  # fmt: skip

    def finish(self) -> None:
        """The stock asked for, in the order in which others lock it, and word of the change."""
        for some in self.staging.targets(500):
            held = self._on_hand([variant for variant, _, _ in some])
            for variant, sku, units in some:
                if delta := units - held.get(variant, 0):
                    stock.adjust(self.ctx, sku, delta, "import")
        if self.report.created or self.report.updated:
            version.touch(self.ctx)

    def _rename_skus(self, staged: list[Document], ids: Mapping[str, int]) -> None:
        """SKUs that were made give way to those that the file has now."""
        for product in staged:
            for variant in product["variants"]:
                if was := variant.get("was"):
                    facts = (ids[product["handle"]], self.ctx.code, was)
                    if not db.change(RENAME_SKU, variant["sku"], *facts):
                        raise Conflict("catalogue_changed")

    def _update(self, product: Document, known: Document) -> None:
        before = products.plain(known)
        wanted = _merged(product, before)
        changed = meaning(wanted) != meaning(before)
        changed |= any("was" in variant for variant in product["variants"])
        if changed and not self._rewritten(product, known, wanted):
            return
        if self.set_stock:
            changed |= self._plan_stock(product, known)
        self.report.updated += changed
        self.report.unchanged += not changed

    def _rewritten(self, product: Document, known: Document, wanted: Document) -> bool:
        try:
            wanted = complete(wanted)
        except Reject as error:
            reason = i18n.say(error.code, self.ctx.locale, **error.facts)
            self.findings.error(product["line"], self.findings.sku_title, "import_kept_variant",
                                of=product["handle"], sku=error.facts.get("sku", ""), reason=reason)  # fmt: skip
            return False
        if not product_rows.rewrite(self.ctx, known, wanted):
            raise Conflict("catalogue_changed")
        return True

    def _plan_stock(self, product: Document, known: Document) -> bool:
        """Note the units that variants are to have; whether any has others now."""
        held = {variant["sku"]: variant for variant in known["variants"]}
        wanted = [
            (had["id"], made["sku"], made["stock"])
            for made in product["variants"]
            if (had := held.get(made["sku"])) and made.get("tracked", had["tracked"])
            and made.get("stock") not in (None, had["stock"])
        ]  # fmt: skip
        self.staging.put_targets(wanted)
        return bool(wanted)

    def _on_hand(self, variants: list[int]) -> dict[int, int]:
        """On PostgreSQL the rows stay ours; on SQLite the transaction is the lock."""
        lock = " ORDER BY variant_id FOR UPDATE" if db.is_postgres() else ""
        return dict(db.rows(ON_HAND + lock, self.ctx.code, db.many(variants)))


def _told_pictures(product: Document) -> Document:
    """The part of a staged product that names pictures."""
    return {"images": product["fields"].get("images", []), "variants": product["variants"]}


def _move_pictures(product: Document, places: Mapping[str, str]) -> None:
    """Pictures that were fetched before are named by where they lie."""
    moved = remote_pictures.replaced(_told_pictures(product), places)
    product["variants"] = moved["variants"]
    if "images" in product["fields"]:
        product["fields"]["images"] = moved["images"]


def meaning(product: Document) -> Document:
    """A document without what makes no difference: empty words, the order of categories."""
    translations = {
        locale: {name: text for name, text in words.items() if text}
        for locale, words in product["translations"].items()
    }
    return {
        **product,
        "seo": {name: text for name, text in product["seo"].items() if text},
        "translations": {locale: words for locale, words in translations.items() if words},
        "categories": sorted(product["categories"]),
        "variants": [
            {**variant, "weight": variant["weight"] or None,
             "compare_at": variant["compare_at"] or None}
            for variant in product["variants"]
        ],
    }  # fmt: skip


def _made(product: Document) -> Document:
    """A complete document of a new product."""
    variants = [{**NEW_VARIANT, **_told(variant)} for variant in product["variants"]]
    fields = {**NEW, **product["fields"], "handle": product["handle"]}
    return {**fields, "variants": variants}


def _merged(product: Document, before: Document) -> Document:
    """What is to be: variants that the file does not list stay, after those that it does."""
    known = {variant["sku"]: variant for variant in before["variants"]}
    listed = {}
    for made in product["variants"]:
        had = known.get(made["sku"])
        listed[made["sku"]] = (
            {**had, **_told(made), "stock": had["stock"]} if had else {**NEW_VARIANT, **_told(made)}
        )
    order = listed if listed.keys() >= known.keys() else known | listed
    variants = [listed.get(sku) or known[sku] for sku in order]
    wanted = {**before, **product["fields"], "variants": variants}
    wanted["options"] = [
        {**option, "values": _in_use(option["values"], place, variants)}
        for place, option in enumerate(wanted["options"])
    ]
    return wanted


def _in_use(values: list[str], place: int, variants: list[Document]) -> list[str]:
    """An option's values with those of variants that the file does not list."""
    used = [variant["options"][place] for variant in variants if place < len(variant["options"])]
    return list(dict.fromkeys([*values, *used]))


def _told(variant: Document) -> Document:
    """The keys of a variant that its row of the file tells."""
    return {
        name: value for name, value in variant.items()
        if name not in OF_THE_FILE and not (name == "stock" and value is None)
    }  # fmt: skip
