"""Where money comes from: the core's manual provider and those of the plugins that are on.

A plugin's `providers` are objects of this protocol. They talk to the network outside any
transaction; what a notice does to an order is decided by `notices` alone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from shop import db, i18n, money
from shop.carts.hook_results import text
from shop.context import Context
from shop.data import calls
from shop.data.calls import Call
from shop.errors import PluginFailure, ProviderAway, Reject
from shop.payments import manual

if TYPE_CHECKING:
    from shop.loading.registry import StorePlugins

log = logging.getLogger("shop.payments")

PAYMENT = """
SELECT p.id, p.order_id, o.number, p.provider, p.method, p.state, p.amount, o.currency,
  p.reference, p.data
FROM payment p JOIN orders o ON o.id = p.order_id WHERE p.store = ? AND p.id = ?"""
UNFINISHED = {
    "{n} unpaid orders that may be paid by {name}": """
SELECT COUNT(DISTINCT o.id) FROM payment p JOIN orders o ON o.id = p.order_id
WHERE p.store = ? AND p.provider = ? AND p.state = 'pending' AND o.state = 'pending'""",
    "{n} refunds on their way back by {name}": """
SELECT COUNT(*) FROM payment p JOIN refund_part r ON r.payment_id = p.id
WHERE p.store = ? AND p.provider = ? AND r.state = 'pending'""",
    "{n} odd sums on their way back by {name}": """
SELECT COUNT(*) FROM suspense WHERE store = ? AND provider = ? AND state = 'refunding'""",
}
KINDS = ("paid", "refunded", "failed")


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment as providers see it. `id` is ours and unique in the instance, `order` the number
    of its order, `reference` the provider's own name of the payment, `data` what `start`
    answered."""

    id: int
    order_id: int
    order: str
    provider: str
    method: str
    state: str
    amount: int
    currency: str
    reference: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """What a provider says, proven to come from it. `event_id` is the provider's and makes it
    count once; `payment` is our id, None if it names none; `kind` is paid, refunded or failed;
    `amount` is in minor units; `at` in microseconds;
    `payer` the provider's name of the account that paid, if it tells."""

    event_id: str
    payment: int | None
    kind: str
    amount: int
    currency: str
    at: int
    reference: str = ""
    payer: str = ""

    def __post_init__(self) -> None:
        least = 0 if self.kind == "failed" else 1
        right = (
            text(self.event_id, 255)
            and len(self.event_id) > 0
            and (self.payment is None or _is_int(self.payment, 0))
            and self.kind in KINDS
            and _is_int(self.amount, least)
            and text(self.currency, 3)
            and len(self.currency) == 3
            and _is_int(self.at, 0)
            and text(self.reference, 255)
            and text(self.payer, 255)
        )
        if not right:
            raise ValueError(f"not a notice: {self}")


class Provider(Protocol):
    """`name` begins with the plugin's; the first of `methods` is the default. What cannot be
    reached raises OSError or `shop.ProviderAway`: 503 for the customer, tried again by jobs."""

    name: str
    methods: tuple[str, ...]

    def start(self, ctx: Context, payment: PaymentView) -> dict[str, Any]:
        """What the client needs to pay, kept as the payment's `data`. Asked again for the same
        payment, it goes on with that one: a payment can be paid once."""

    def read_notice(self, ctx: Context, request: Any) -> Notice:
        """Verify signature and age of a Flask request; `Reject("unauthorized", 401)` otherwise."""

    def query(self, ctx: Context, payment: PaymentView) -> Notice | None:
        """What became of a payment whose notice has not come; None while nothing is known."""

    def refund(self, ctx: Context, payment: PaymentView, amount: int, key: str) -> bool:
        """Give `amount` of it back, once per `key`. True: it is done; False: a notice will say.
        Whatever it raises, it is asked again later, and so is one whose notice does not come."""


MANUAL = manual.Manual()
ANSWERS: dict[str, Any] = {
    "start": dict,
    "read_notice": Notice,
    "query": Notice | None,
    "refund": bool,
}


def available(ctx: Context) -> dict[str, tuple[str, Any]]:
    """{provider's name: (plugin's name, provider)}; the core's own has no plugin."""
    return {MANUAL.name: ("", MANUAL)} | _of(ctx.plugins)


def _of(plugins: StorePlugins) -> dict[str, tuple[str, Any]]:
    found = plugins.by_name.values()
    return {
        provider.name: (plugin.name, provider) for plugin in found for provider in plugin.providers
    }


def find(ctx: Context, name: str) -> Any:
    """The provider, or 422 `unknown_provider`."""
    if name not in (found := available(ctx)):
        raise Reject("unknown_provider", provider=name, known=list(found))
    return found[name][1]


def terms(ctx: Context, provider: str = "", method: str = "") -> tuple[str, str, int | None]:
    """(provider, method, minutes until an unpaid order expires: None waits for the customer),
    with defaults for what is left open. 422 `unknown_provider` or `unknown_method`."""
    found = find(ctx, provider or MANUAL.name)
    method = method or found.methods[0]
    if method not in found.methods:
        raise Reject("unknown_method", method=method, known=list(found.methods))
    if method == manual.AT_PICKUP and found is MANUAL:
        return found.name, method, None
    orders = ctx.store.orders
    minutes = orders.transfer_hours * 60 if found is MANUAL else orders.online_minutes
    return found.name, method, minutes


def methods(ctx: Context) -> list[dict[str, Any]]:
    """[{provider, method, title, prepaid}]: the ways to pay, the default first; `prepaid` ones
    expire unless the money comes first."""
    return [
        {
            "provider": name, "method": method, "title": i18n.say(f"{name}_{method}", ctx.locale),
            "prepaid": terms(ctx, name, method)[2] is not None,
        }
        for name, (_, provider) in available(ctx).items() for method in provider.methods
    ]  # fmt: skip


def is_manual(name: str) -> bool:
    return name == MANUAL.name


def ask(ctx: Context, name: str, what: str, *facts: Any) -> Any:
    """Call `what` of a provider: ProviderAway if it cannot be reached, PluginFailure with the
    plugin's name if it breaks or answers what it must not. One whose plugin is off still looks after the payments that it began: it is asked for `query` and `refund`."""
    known = available(ctx)
    if name not in known and what in ("query", "refund"):
        known |= _of(ctx.plugins.off)
    if name not in known:
        raise Reject("unknown_provider", provider=name, known=list(available(ctx)))
    plugin, provider = known[name]
    try:
        call = Call(plugin or "core", what, bound=bool(db.opened()), watched=False)
        with calls.entered(call, ctx):
            said = getattr(provider, what)(ctx, *facts)
        if what == "start":
            db.dump(said)  # the client gets it as JSON
    except ProviderAway as away:
        log.warning("%s", away, extra={"plugin": plugin})
        raise
    except Reject:
        raise
    except OSError as error:
        log.warning("%s is away", name, exc_info=True, extra={"plugin": plugin})
        raise ProviderAway(name, f"{type(error).__name__}: {error}") from error
    except Exception as error:
        raise PluginFailure(plugin, what, f"{type(error).__name__}: {error}") from error
    if not isinstance(said, ANSWERS[what]):
        raise PluginFailure(plugin, what, f"answered {said!r:.200}")
    return said


def payment(ctx: Context, payment_id: int) -> PaymentView | None:
    found = db.row(PAYMENT, ctx.code, payment_id)
    return PaymentView(*found[:-1], **{"data": db.load(found[-1])}) if found else None


def unfinished(ctx: Context, name: str) -> list[str]:
    """What a provider still has to do for this store, a line each: the plugin's `open_work`."""
    lines = []
    for words, sql in UNFINISHED.items():
        if count := db.value(sql, ctx.code, name):
            lines.append(words.format(n=count, name=name))
    return lines


def _is_int(value: Any, least: int) -> bool:
    return type(value) is int and least <= value <= money.MAX
