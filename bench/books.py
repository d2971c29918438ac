"""What the shop says of a replay, against what the files say: orders, money, units."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import httpx

from bench import invoices
from bench.invoices import Plan, Sale

SPARE = 5
"""units in stock beyond those that are sold"""
Document = dict[str, Any]


class Refused(click.ClickException):
    """The shop answered something else than was due."""


class Shop:
    """The shop's API: a store's, called as a guest or as its owner."""

    def __init__(self, client: httpx.Client, token: str) -> None:
        self.client = client
        self.owner = {"Authorization": f"Bearer {token}"}

    def post(self, path: str, body: Document, as_owner: bool = True) -> Document:
        headers = {"Idempotency-Key": secrets.token_hex(16)} | (self.owner if as_owner else {})
        return self._read(self.client.post(path, json=body, headers=headers))

    def get(self, path: str, **query: Any) -> Document:
        return self._read(self.client.get(path, params=query, headers=self.owner))

    def items(self, path: str, **query: Any) -> Iterable[Document]:
        """Every item of a list, page by page."""
        while True:
            page = self.get(path, limit=100, **query)
            yield from page["items"]
            if not page["next"]:
                return
            query["after"] = page["next"]

    def _read(self, answer: httpx.Response) -> Document:
        if not answer.is_success:
            raise Refused(f"{answer.request.url}: {answer.status_code} {answer.text[:500]}")
        return answer.json()


@dataclass
class Outcome:
    """What was done, and the `faults` found in it: a line each."""

    plan: Plan
    orders: dict[str, Document] = field(default_factory=dict)
    rows: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def compare(self, what: str, due: Decimal | int, found: Decimal | int) -> None:
        """A line of the report."""
        self.rows.append((what, Decimal(due), Decimal(found)))
        self.expect(what, due, found)

    def expect(self, what: str, due: object, found: object) -> None:
        if due != found:
            self.faults.append(f"{what}: due {due}, the shop says {found}")


def check(shop: Shop, outcome: Outcome, paths: list[Path], pool: Executor) -> None:
    """Orders, payments, refunds and units, each against its own reckoning from the files."""
    plan = outcome.plan
    sold, back = invoices.totals(paths, plan.refunds)
    found = list(pool.map(lambda order: _seen(shop, order["number"]), outcome.orders.values()))
    by_invoice = dict(zip(outcome.orders, found, strict=True))
    for sale in plan.sales:
        _check_order(outcome, sale, by_invoice[sale.invoice][0])
    numbers = {order["number"] for order, _ in found}
    refunds = [item for item in shop.items("/admin/refunds") if item["order"] in numbers]
    outcome.compare("orders placed", len(plan.sales), len(numbers))
    outcome.compare("total of orders", sold, pounds(order["total"] for order, _ in found))
    payments = [payment for _, payments in found for payment in payments]
    outcome.compare("payments", sold, pounds(payment["amount"] for payment in payments))
    outcome.compare("refunds recorded", len(plan.refunds), len(refunds))
    outcome.compare("refunds", back, pounds(item["amount"] for item in refunds))
    kept = pounds(order["paid"] - order["refunded"] for order, _ in found)
    outcome.compare("money kept", sold - back, kept)
    outcome.compare("units restored to stock", *_units(shop, plan))


def _seen(shop: Shop, number: str) -> tuple[Document, list[Document]]:
    order = shop.get(f"/admin/orders/{number}")
    return order, shop.get(f"/admin/orders/{number}/payments")["items"]


def _check_order(outcome: Outcome, sale: Sale, order: Document) -> None:
    name = f"invoice {sale.invoice}"
    back = sum(
        (row.price * (row.quantity - left) for row, left in zip(sale.rows, sale.left, strict=True)),
        Decimal(),
    )
    outcome.expect(f"{name}, total", sale.total, pounds([order["total"]]))
    outcome.expect(f"{name}, paid", sale.total, pounds([order["paid"]]))
    outcome.expect(f"{name}, refunded", back, pounds([order["refunded"]]))
    outcome.expect(f"{name}, balance", 0, order["balance"])
    for row, left, line in zip(sale.rows, sale.left, order["lines"], strict=True):
        said = (line["sku"], line["quantity"], line["amount"], line["refunded"])
        due = (row.sku, row.quantity, pence(row.amount), row.quantity - left)
        outcome.expect(f"{name}, {row.source}", due, said)


def _units(shop: Shop, plan: Plan) -> tuple[int, int]:
    """(due, found): units that refunds put back into the stock of goods."""
    rows = {row.source: row for sale in plan.sales for row in sale.rows}
    due = sum(
        item.units
        for item in plan.refunds
        if item.restock == "restore" and rows[item.source].is_goods
    )
    skus = {row.sku for row in rows.values() if row.is_goods}
    left = {
        variant["sku"]: variant["stock"]
        for product in shop.items("/admin/products")
        for variant in product["variants"]
        if variant["sku"] in skus
    }
    return due, sum(left.values()) - SPARE * len(skus)


def pence(amount: Decimal) -> int:
    return int(amount * 100)


def pounds(pence: Iterable[int]) -> Decimal:
    return Decimal(sum(pence)) / 100
