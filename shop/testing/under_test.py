"""class Shop: an instance under test, and what a test does with it in few words."""

from __future__ import annotations

import itertools
import tomllib
import uuid
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from flask import Flask

from shop import db
from shop.app import mount
from shop.carts.quote import Basket, Item, Quote, quote
from shop.catalog import products
from shop.clock import SetClock
from shop.config import Config
from shop.config import edit as configedit
from shop.context import SYSTEM, Caller, Context
from shop.instance import Instance
from shop.jobs.runner import Runner
from shop.ledger import ledger
from shop.models import Staff
from shop.ops import fsck
from shop.ops.checks import Finding
from shop.orders import order_view, orders
from shop.orders.order_view import OrderView
from shop.payments import payments, refunds
from shop.people import accounts, auth, login
from shop.pickup import pickup

STATES = ("quoted", "placed", "paid", "handed_out", "completed", "cancelled", "refunded")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Goods:
    """A product with one variant, as `shop.product()` made it."""

    product_id: int
    variant_id: int
    sku: str
    price: int


Lines = Mapping[Goods | str | int, int] | Sequence[Item]
"""what is ordered: units by goods, SKU or price (a product of that price is made), or items"""


class Shop:
    """One instance under test, seen from one of its stores: `orchard`, or that of `shop.of()`.

    `shop.ctx` is the system's context in the store, now. What is made here is made by the
    services that a shop in use calls; names, phones and SKUs are made up where none is given.
    """

    def __init__(
        self,
        instance: Instance,
        clock: SetClock,
        text: str = "",
        reopen: Callable[[str], Instance] | None = None,
    ) -> None:
        self.instance, self.clock, self.store = instance, clock, "orchard"
        self.config: Config = instance.config
        self._text, self._reopen = text, reopen
        self._opened: list[Shop] = []

    # -- who asks, and how ---------------------------------------------------------------------

    @cached_property
    def app(self) -> Flask:
        """Its HTTP face, made when a test first asks for it."""
        return mount(self.instance)

    @property
    def ctx(self) -> Context:
        return self.context()

    def context(self, caller: Caller = SYSTEM, store: str = "", **facts: Any) -> Context:
        return self.instance.context(store or self.store, caller, **facts)

    @property
    def client(self) -> Any:
        return self.app.test_client()

    def client_of(self, customer: int) -> Any:
        """A client signed in as a customer."""
        client = self.client
        client.environ_base["HTTP_AUTHORIZATION"] = self.headers_of(customer)["Authorization"]
        return client

    def headers_of(self, customer: int) -> dict[str, str]:
        """The headers of a customer who is signed in."""
        return {"Authorization": f"Bearer {self._token(customer)}"}

    def _token(self, customer: int) -> str:
        return auth.issue(self.ctx, customer=customer, scopes=auth.CUSTOMER_SCOPES)

    def bearer(
        self, role: str = "owner", points: tuple[int, ...] = (), scopes: Sequence[str] = ()
    ) -> dict[str, str]:
        """The headers of a new member of staff: `client.get(url, headers=shop.bearer())`. `scopes`
        are what a clerk's token may do beside what every clerk's may."""
        allowed = (*{"owner": auth.OWNER_SCOPES, "clerk": auth.CLERK_SCOPES}[role], *scopes)
        name = f"{role}-{uuid.uuid4().hex[:6]}"
        now = self.ctx.now
        staff = Staff.create(
            store=self.store, name=name, role=role, points=list(points), active=now, created_at=now
        )
        return {"Authorization": f"Bearer {auth.issue(self.ctx, staff=staff.id, scopes=allowed)}"}

    def url(self, path: str) -> str:
        """`shop.url("/products")`: the address below the store's."""
        return f"/api/v1/{self.store}{path}"

    # -- goods and people ----------------------------------------------------------------------

    def product(
        self, price: int = 1000, stock: int | None = 100, sku: str = "", **facts: Any
    ) -> Goods:
        """A published product with one variant. `stock` None: untracked."""
        sku = sku or f"GOODS-{next(_numbers)}"
        variant = {"sku": sku, "price": price}
        variant |= {"tracked": False} if stock is None else {"stock": stock}
        document = {"title": sku.title(), "status": "published", "variants": [variant], **facts}
        made = products.get(self.ctx, products.create(self.ctx, document))
        return Goods(made["id"], made["variants"][0]["id"], sku, price)

    def customer(self, phone: str = "", name: str = "Wang", verified: bool = True) -> int:
        """The id of a customer; a new phone each time if none is given."""
        ctx = self.ctx
        phone = phone or f"+86130{next(_numbers):08}"
        with db.transaction():
            customer_id, _ = accounts.find_or_make(ctx, phone, name)
            if verified:
                db.change(login.VERIFY, ctx.now_us, customer_id, ctx.code)
        return customer_id

    # -- an order's life -----------------------------------------------------------------------

    def up_to(
        self,
        state: str,
        lines: Lines | None = None,
        *,
        customer: int | None = None,
        options: Mapping[str, Any] | None = None,
        line_options: Mapping[str, Any] | None = None,
        payment: Mapping[str, str] | None = None,
        **draft: Any,
    ) -> Any:
        """An order brought to a state: an OrderView (a Quote for "quoted").

        quoted, placed, paid, handed_out (one unit of each line), completed, cancelled (unpaid),
        refunded (all of a completed one, the goods back on the shelf). `lines` is one unit of one
        new product unless given; `line_options` go to every line that is not an Item; `customer`
        is an id, else a new guest's; `payment` is {provider, method}; `draft` are fields of
        `orders.Draft`: point, window, note, phone, expected_total.
        """
        if state not in STATES:
            raise ValueError(f"{state}: one of {', '.join(STATES)}")
        basket = self.basket(lines, options, line_options)
        if state == "quoted":
            return self.quote(replace(basket, customer_id=customer))
        caller = Caller()
        if customer is None:
            draft.setdefault("phone", f"+86131{next(_numbers):08}")
        else:
            scopes = frozenset(auth.CUSTOMER_SCOPES)
            caller = Caller("customer", customer, "Wang", scopes)
        wanted = orders.Draft(basket, "Wang", **{**(payment or {}), **draft})
        order = orders.place(self.context(caller), wanted)
        if state == "cancelled":
            return self.cancel(order)
        if state != "placed":
            order = self.pay(order)
        if state == "handed_out":
            order = self.hand_out(order, {line.id: 1 for line in order.lines})
        elif state in ("completed", "refunded"):
            order = self.hand_out(order)
        return self.refund(order) if state == "refunded" else order

    def order(self, lines: Lines | None = None, **facts: Any) -> OrderView:
        """`up_to("placed", …)`"""
        return self.up_to("placed", lines, **facts)

    def basket(
        self,
        lines: Lines | None = None,
        options: Mapping[str, Any] | None = None,
        line_options: Mapping[str, Any] | None = None,
    ) -> Basket:
        """What `quote` and `orders.place` take; see `up_to`."""
        if lines is None:
            lines = {1000: 1}
        if not isinstance(lines, Mapping):
            return Basket(list(lines), dict(options or {}))
        items = [
            Item(self._sku(goods), units, dict(line_options or {}))
            for goods, units in lines.items()
        ]
        return Basket(items, dict(options or {}))

    def _sku(self, goods: Goods | str | int) -> str:
        if isinstance(goods, int):
            goods = self.product(goods)
        return goods if isinstance(goods, str) else goods.sku

    def quote(self, basket: Basket) -> Quote:
        return quote(self.ctx, basket)

    def seen(self, order: OrderView) -> OrderView:
        """The order as it is now."""
        return order_view.load(self.ctx, order.id)

    def pay(self, order: OrderView) -> OrderView:
        """All that is still to be paid, by transfer; a paid order stays as it is."""
        order = self.seen(order)
        if order.balance > 0:
            payments.record(self.ctx, order.id, "manual", "transfer", order.balance)
        return self.seen(order)

    def hand_out(self, order: OrderView, lines: Mapping[int, int] | None = None) -> OrderView:
        """All that waits, or units by line id."""
        return pickup.hand_out(self.ctx, order.id, None if lines is None else dict(lines))

    def cancel(self, order: OrderView, reason: str = "a test") -> OrderView:
        return orders.cancel(self.ctx, order.id, reason)

    def refund(self, order: OrderView, lines: Mapping[int, int] | None = None) -> OrderView:
        """Units by line id, or all that is left with fees and deposits; goods are for sale again,
        unless some came back before. An order of which nothing is left stays as it is."""
        order = self.seen(order)
        amounts = {}
        if lines is None:
            lines = {line.id: line.quantity - line.refunded for line in order.lines}
            amounts = {
                ("adjustment", item.id): item.amount - item.refunded_amount
                for item in order.adjustments
                if item.kind in ("fee", "deposit") and item.amount > item.refunded_amount
            }
        units = {line: count for line, count in lines.items() if count}
        if units or amounts:
            key = f"test:{next(_numbers)}"
            there = all(
                units.get(line.id, 0) <= line.quantity - line.returned for line in order.lines
            )
            refunds.refund(
                self.ctx, order.id, key, lines=units, amounts=amounts, reason="a test",
                restock="restore" if there else "leave",
            )  # fmt: skip
        return self.seen(order)

    # -- time, and what must always hold -------------------------------------------------------

    def run_jobs(self) -> int:
        """Run every job that is due by now, and those that they make; how many ran."""
        runner, ran = Runner(self.instance), 0
        while done := runner.tick():
            ran += done
        return ran

    def forward(self, **by: float) -> int:
        """`shop.forward(hours=2)`: time passes, then what is due by then is done."""
        self.clock.forward(**by)
        return self.run_jobs()

    def fsck(self) -> list[Finding]:
        """What is wrong with the data of the store: `assert shop.fsck() == []`."""
        return [*fsck.run(self.ctx), *ledger.prove(self.ctx), *fsck.whole()]

    # -- the same database under another file --------------------------------------------------

    def of(self, store: str) -> Shop:
        """The same instance, seen from another of its stores."""
        other = copy(self)
        other.store = store
        return other

    def reloaded(self, text: str | None = None) -> Shop:
        """The same database opened with another shop.toml, as after a reload; with the one that
        this shop has if none is given. This shop goes on as well."""
        if self._reopen is None:
            raise ValueError("this shop was not opened by the fixture `shop`")
        text = self._text if text is None else text
        before = self.instance.database
        other = Shop(self._reopen(text), self.clock, text, self._reopen)
        before.close()
        other.store = self.store
        self._opened.append(other)
        return other

    def without(self, *plugins: str) -> Shop:
        """Reloaded with plugins switched off in every store."""
        text = self._text
        for code, store in tomllib.loads(text)["stores"].items():
            for name in set(plugins) & store.get("plugins", {}).keys():
                text, _ = configedit.unset_key(text, f"stores.{code}.plugins.{name}")
        return self.reloaded(text)

    def close(self) -> None:
        for other in self._opened:
            other.close()
        self.instance.close()
