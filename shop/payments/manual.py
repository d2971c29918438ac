"""Money that people handle: paid at pickup, or by transfer. Staff records and gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shop import i18n, money
from shop.errors import Reject

if TYPE_CHECKING:
    from shop.context import Context
    from shop.payments.providers import Notice, PaymentView

NAME = "manual"
AT_PICKUP, TRANSFER = "at_pickup", "transfer"


class Manual:
    """The core's own provider. It sends no notices; its refunds are handed over by staff."""

    name = NAME
    methods = (AT_PICKUP, TRANSFER)

    def start(self, ctx: Context, payment: PaymentView) -> dict[str, Any]:
        """{instructions}, in the caller's language."""
        amount = money.show(payment.amount, payment.currency, ctx.locale)
        code = f"instructions_{payment.method}"
        return {"instructions": i18n.say(code, ctx.locale, amount=amount, order=payment.order)}

    def read_notice(self, ctx: Context, request: Any) -> Notice:
        raise Reject("unauthorized", 401)

    def query(self, ctx: Context, payment: PaymentView) -> Notice | None:
        return None

    def refund(self, ctx: Context, payment: PaymentView, amount: int, key: str) -> bool:
        """Staff confirms it."""
        return False
