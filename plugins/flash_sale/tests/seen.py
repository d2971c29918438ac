"""What a test looks at: units, prices, claims."""

from shop import db


def on_hand(goods, pool="main"):
    sql = "SELECT on_hand FROM stock WHERE variant_id = ? AND pool = ?"
    return db.value(sql, goods.variant_id, pool)


def units(goods, sale):
    """(free in main, free in the sale's pool)"""
    return on_hand(goods), on_hand(goods, f"flash_sale:{sale.id}")


def shown(shop, goods):
    """(price, available, compare_at) in the catalogue."""
    handle = db.value("SELECT handle FROM product WHERE id = ?", goods.product_id)
    variant = shop.client.get(shop.url(f"/products/{handle}")).json["variants"][0]
    return variant["price"], variant["available"], variant["compare_at"]


def claimed(sale, customer):
    name = f"flash_sale:customer:{sale.id}:{customer}"
    return db.value("SELECT used FROM counter WHERE name = ?", name)


def line(order, goods):
    [found] = [line for line in order.lines if line.variant_id == goods.variant_id]
    return found
