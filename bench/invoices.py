"""Invoice days of a real shop: rows of CSV files, and what a shop makes of them.

    InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country

An invoice with a positive total is a sale. A row of a `C…` invoice is a return, where the same
customer bought enough of the same (StockCode, UnitPrice) before. Whatever is odd is counted by
kind, and either replayed all the same or left out.
"""

from __future__ import annotations

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

TENTH = 0.1
PENNY = Decimal("0.01")
RESTOCK = ("restore", "write_off", "leave")

NO_CUSTOMER = "no customer: sold to a stranger with a phone of its own"
NOT_GOODS = "not goods (POST, DOT, M …): sold as an untracked line"
FREE = "unit price 0 in a sale: a free line"
TWICE = "the same goods twice in one invoice: two lines"
NO_WORDS = "no description: the code is the title"
CORRECTION = "a correction of stock at price 0: left out"
NEGATIVE = "a negative quantity in an invoice that is no return: left out"
BAD_PRICE = "a price below 0 or finer than a penny: left out"
RETURNED = "a return of goods bought before: refunded"
STRANGERS = "a return by nobody: cannot be matched"
UNKNOWN = "a return of what was not bought on these days: cannot be matched"


@dataclass(frozen=True)
class Row:
    """A line of a file; `source` names it. `price` is pounds."""

    source: str
    invoice: str
    code: str
    title: str
    quantity: int
    at: str
    price: Decimal
    customer: str
    country: str

    @property
    def sku(self) -> str:
        return f"{self.code}@{self.price:.2f}"

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.price

    @property
    def is_return(self) -> bool:
        return self.invoice.startswith("C")

    @property
    def is_goods(self) -> bool:
        """Codes of goods start with five digits."""
        return self.code[:5].isdigit()


@dataclass
class Sale:
    """An invoice that becomes an order; `left` are units not refunded, by place of the row."""

    invoice: str
    phone: str
    name: str
    rows: list[Row]
    left: list[int]

    @property
    def total(self) -> Decimal:
        return sum((row.amount for row in self.rows), Decimal())


@dataclass(frozen=True)
class Refund:
    """Units of one row of a sale that go back; `place` is the row's in its sale."""

    source: str
    invoice: str
    place: int
    units: int
    restock: str
    reason: str


@dataclass
class Plan:
    """What is to be replayed, in the order of the days; `odd` counts rows by kind."""

    sales: list[Sale] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    odd: Counter[str] = field(default_factory=Counter)


def lines(paths: Iterable[Path]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every line of the files, and what it is called: `2010-12-07.csv:2`."""
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, line in enumerate(csv.DictReader(file), 2):
                yield f"{path.name}:{number}", line


def read(paths: Iterable[Path]) -> list[Row]:
    """The rows of the files, in the order of time."""
    return sorted((_row(*line) for line in lines(paths)), key=lambda row: row.at)


def _row(source: str, line: dict[str, str]) -> Row:
    return Row(
        source,
        line["InvoiceNo"].strip(),
        line["StockCode"].strip(),
        line["Description"].strip(),
        int(line["Quantity"]),
        line["InvoiceDate"],
        Decimal(line["UnitPrice"]),
        line["CustomerID"].strip().removesuffix(".0"),
        line["Country"].strip(),
    )


def plan(rows: list[Row], seed: int = 1) -> Plan:
    """What to replay of the rows; `seed` chooses the tenth that is refunded besides."""
    made = Plan()
    billed: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        billed[row.invoice].append(row)
    for invoice, own in billed.items():
        if own[0].is_return:
            for row in own:
                _return(made, row)
        else:
            _sell(made, invoice, own)
    _tenth(made, random.Random(seed))
    return made


def _sell(made: Plan, invoice: str, rows: list[Row]) -> None:
    total = sum(row.amount for row in rows)
    kept = [row for row in rows if _is_sold(made, row, total)]
    if not kept:
        return
    seen: set[str] = set()
    for row in kept:
        made.odd[NO_CUSTOMER] += not row.customer
        made.odd[NOT_GOODS] += not row.is_goods
        made.odd[FREE] += not row.price
        made.odd[NO_WORDS] += not row.title
        made.odd[TWICE] += row.sku in seen
        seen.add(row.sku)
    customer = kept[0].customer
    phone = _phone(int(customer)) if customer else _phone(50_000 + len(made.sales))
    name = f"Customer {customer}" if customer else f"Guest of {invoice}"
    made.sales.append(Sale(invoice, phone, name, kept, [row.quantity for row in kept]))


def _is_sold(made: Plan, row: Row, total: Decimal | int) -> bool:
    why = None
    if row.price < 0 or row.price % PENNY:
        why = BAD_PRICE
    elif row.price == 0 and (total <= 0 or row.quantity <= 0):
        why = CORRECTION
    elif row.quantity <= 0:
        why = NEGATIVE
    if why:
        made.odd[why] += 1
    return why is None


def _phone(number: int) -> str:
    """A British mobile number of the right form, made up."""
    return f"+447911{number % 1_000_000:06}"


def _return(made: Plan, row: Row) -> None:
    """Refund the row's units from the newest lines of that customer and variant, whole or not."""
    wanted = -row.quantity
    phone = _phone(int(row.customer)) if row.customer else ""
    bought = [
        (sale, place)
        for sale in reversed(made.sales)
        if sale.phone == phone
        for place, line in enumerate(sale.rows)
        if line.sku == row.sku
    ]
    if not row.customer or sum(sale.left[place] for sale, place in bought) < wanted:
        made.odd[UNKNOWN if row.customer else STRANGERS] += 1
        return
    made.odd[RETURNED] += 1
    for sale, place in bought:
        units = min(wanted, sale.left[place])
        if units:
            sale.left[place] -= units
            wanted -= units
            source = sale.rows[place].source
            made.refunds.append(Refund(source, sale.invoice, place, units, "restore", row.invoice))


def _tenth(made: Plan, chance: random.Random) -> None:
    """A tenth of all lines is refunded besides, some of their units, whatever the goods' fate."""
    for sale in made.sales:
        for place, row in enumerate(sale.rows):
            if (left := sale.left[place]) and row.price and chance.random() < TENTH:
                units, restock = chance.randint(1, left), chance.choice(RESTOCK)
                sale.left[place] -= units
                made.refunds.append(
                    Refund(row.source, sale.invoice, place, units, restock, "a tenth")
                )


def totals(paths: Iterable[Path], refunds: list[Refund]) -> tuple[Decimal, Decimal]:
    """What was sold and what goes back, in pounds, reckoned from the files alone."""
    sold, back, prices = Decimal(), Decimal(), {}
    for source, line in lines(paths):
        quantity, price = int(line["Quantity"]), Decimal(line["UnitPrice"])
        prices[source] = price
        is_sold = not line["InvoiceNo"].startswith("C") and quantity > 0 and price > 0
        if is_sold and price == round(price, 2):
            sold += quantity * price
    for refund in refunds:
        back += refund.units * prices[refund.source]
    return sold, back
