"""What a sale sells: checked against the catalogue, set apart from `main`, shown at its price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shop import Conflict, Context, Reject, db
from shop.catalog import prices
from shop.clock import to_us
from shop.stock import stock

from .models import Sale, SaleItem
from .settings import NAME

VARIANTS = """
SELECT sku, id, price, tracked FROM variant
WHERE store = ? AND sku IN (??) AND archived_at IS NULL"""
OTHERS = """
SELECT s.id, v.sku FROM flash_sale_item i
JOIN flash_sale_sale s ON s.id = i.sale_id JOIN variant v ON v.id = i.variant_id
WHERE i.variant_id IN (??) AND s.store || '' = ? AND s.id <> ? AND s.ended_at IS NULL
  AND s.starts < ? AND s.ends > ? ORDER BY s.id LIMIT 1"""
OF_SALES = """
SELECT i.sale_id, i.id, i.variant_id, v.sku, i.price, i.quantity, i.rest, i.price_row, v.price,
  COALESCE(p.on_hand, 0), v.archived_at
FROM flash_sale_item i JOIN variant v ON v.id = i.variant_id
LEFT JOIN stock p ON p.variant_id = i.variant_id AND p.pool = 'flash_sale:' || i.sale_id
WHERE i.sale_id IN (??) AND i.store || '' = ? ORDER BY i.id"""
SET_ROW = "UPDATE flash_sale_item SET price_row = ? WHERE id = ?"
MORE = "UPDATE flash_sale_item SET quantity = quantity + ?, price = ? WHERE id = ?"
DROP = "DELETE FROM flash_sale_item WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An item as the owner asks for it, with its variant."""

    variant: int
    sku: str
    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it stands: `normal` is the catalogue's price, `left` what its pool holds;
    `archived_at` is set once its variant was deleted."""

    id: int
    variant: int
    sku: str
    price: int
    quantity: int
    rest: int | None
    price_row: int | None
    normal: int
    left: int
    archived_at: int | None

    @property
    def known_as(self) -> str:
        """Its SKU, as it was before its variant was deleted."""
        return self.sku if self.archived_at is None else self.sku.removesuffix(f"~{self.variant}")


def pool(sale_id: int) -> str:
    return f"{NAME}:{sale_id}"


def choose(ctx: Context, wanted: Iterable[Mapping[str, Any]]) -> list[Wanted]:
    """The variants behind [{sku, price, quantity}], locked against another sale being made.

    422 `unknown_sku`, `sku_twice`, `not_tracked`, `price_not_lower`.
    """
    wanted = list(wanted)
    known = {row[0]: row[1:] for row in db.rows(VARIANTS, ctx.code, _skus(wanted))}
    chosen, seen = [], set()
    for item in wanted:
        sku = item["sku"]
        if sku not in known:
            raise Reject("unknown_sku", sku=sku)
        variant, normal, tracked = known[sku]
        if sku in seen:
            raise Reject("sku_twice", sku=sku)
        if not tracked:
            raise Reject("not_tracked", sku=sku)
        if item["price"] >= normal:
            raise Reject("price_not_lower", sku=sku, price=item["price"], normal=normal)
        seen.add(sku)
        chosen.append(Wanted(variant, sku, item["price"], item["quantity"]))
    lock(item.variant for item in chosen)
    return chosen


def lock(variants: Iterable[int]) -> None:
    """One sale at a time is made of a variant; orders go on taking units meanwhile."""
    for variant in sorted(variants):
        db.lock_row("variant", variant)


def refuse_overlap(
    ctx: Context, variants: Iterable[int], starts: int, ends: int, sale_id: int = 0
) -> None:
    """409 `sale_overlap`: at any time a variant is in one sale at most."""
    other = db.row(OTHERS, db.many(variants), ctx.code, sale_id, ends, starts)
    if other is not None:
        raise Conflict("sale_overlap", sale=other[0], sku=other[1])


def of_sales(ctx: Context, sale_ids: Iterable[int]) -> dict[int, list[Item]]:
    """The items of each sale, in the order in which they were added."""
    found: dict[int, list[Item]] = {sale_id: [] for sale_id in sale_ids}
    for sale_id, *item in db.rows(OF_SALES, db.many(found), ctx.code):
        found[sale_id].append(Item(*item))
    return found


def of_sale(ctx: Context, sale_id: int) -> list[Item]:
    return of_sales(ctx, [sale_id])[sale_id]


def add(ctx: Context, sale: Sale, wanted: Iterable[Wanted]) -> None:
    """New items with their units; 409 `out_of_stock` if `main` has too few."""
    wanted = list(wanted)
    stock.open_pool(ctx, pool(sale.id), {item.variant: item.quantity for item in wanted})
    _insert(ctx, sale, wanted)


def _insert(ctx: Context, sale: Sale, wanted: Iterable[Wanted]) -> None:
    columns = "store, sale_id, variant_id, price, quantity"
    rows = [(ctx.code, sale.id, item.variant, item.price, item.quantity) for item in wanted]
    db.insert("flash_sale_item", columns, *rows)


def replace(ctx: Context, sale: Sale, wanted: list[Wanted], promised: bool, running: bool) -> None:
    """Make the items those that are wanted: what was promised gets no dearer, and what was sold
    stays sold. 422 `price_promised`, `item_running`; 409 `sold_out`, `out_of_stock`."""
    before = {item.variant: item for item in of_sale(ctx, sale.id)}
    wanted_by = {item.variant: item for item in wanted}
    gone = [item for item in before.values() if item.variant not in wanted_by]
    for old in gone if running else ():
        raise Reject("item_running", sku=old.sku)
    more = {old.variant: -old.left for old in gone}
    for new in wanted:
        old = before.get(new.variant)
        if old and promised and new.price > old.price:
            raise Reject("price_promised", sku=old.sku, price=old.price)
        more[new.variant] = new.quantity - (old.quantity if old else 0)
    _move(ctx, sale, more)
    for old in gone:
        db.change(DROP, old.id)
    for variant, old in before.items():
        if new := wanted_by.get(variant):
            db.change(MORE, new.quantity - old.quantity, new.price, old.id)
    _insert(ctx, sale, [item for item in wanted if item.variant not in before])


def _move(ctx: Context, sale: Sale, more: Mapping[int, int]) -> None:
    """Units into the pool, or out of it: one variant after another, in the order in which orders
    lock them too."""
    for variant, units in sorted(more.items()):
        if units > 0:
            stock.open_pool(ctx, pool(sale.id), {variant: units})
        elif units < 0:
            stock.to_main(ctx, pool(sale.id), {variant: -units})


def show(ctx: Context, sale: Sale) -> None:
    """Let the catalogue show the prices of a sale for everyone while there are units of it; with
    `when_sold_out = normal_price` the normal price comes back when they are gone."""
    for item in of_sale(ctx, sale.id):
        if _is_due(ctx, sale, item) != (item.price_row is not None):
            db.lock_row("flash_sale_item", item.id)
            _show(ctx, Sale.get_by_id(sale.id), item.id)


def _show(ctx: Context, sale: Sale, item_id: int) -> None:
    """By what holds now, under the item's lock: the owner may have changed it since."""
    item = next((item for item in of_sale(ctx, sale.id) if item.id == item_id), None)
    if item is None:
        return
    due = _is_due(ctx, sale, item)
    if due and item.price_row is None:
        starts, ends = max(ctx.now_us, to_us(sale.starts)), to_us(sale.ends)
        row = prices.put_price(ctx, item.variant, NAME, item.price, starts, ends, pool(sale.id))
        db.change(SET_ROW, row, item.id)
    elif not due and item.price_row is not None:
        hide(ctx, [item])


def _is_due(ctx: Context, sale: Sale, item: Item) -> bool:
    """Whether the catalogue shall show its price; what an ended sale shows is for its end."""
    if sale.tag is not None or sale.ended_at is not None or to_us(sale.ends) <= ctx.now_us:
        return item.price_row is not None
    return item.left > 0 or sale.when_sold_out == "refuse"


def hold(ctx: Context, sale_id: int) -> list[Item]:
    """The items of a sale, held: nobody shows or hides their prices meanwhile."""
    for item in of_sale(ctx, sale_id):
        db.lock_row("flash_sale_item", item.id)
    return of_sale(ctx, sale_id)


def hide(ctx: Context, items: Iterable[Item]) -> None:
    """End the price rows that these items have; what was in force stays as history."""
    shown = [item for item in items if item.price_row is not None]
    if shown:
        prices.end_prices(ctx, NAME, ids=[item.price_row for item in shown if item.price_row])
    for item in shown:
        db.change(SET_ROW, None, item.id)


def close(ctx: Context, sale: Sale) -> dict[int, int]:
    """Close the pool and note what flowed back, {variant: units}."""
    rest = stock.close_pool(ctx, pool(sale.id))
    for item in of_sale(ctx, sale.id):
        SaleItem.update(rest=rest.get(item.variant, 0)).where(SaleItem.id == item.id).execute()
    return rest


def _skus(wanted: Iterable[Mapping[str, Any]]) -> Any:
    return db.many({item["sku"] for item in wanted})
