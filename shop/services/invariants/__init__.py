"""What must always be true of the tables, as checks by noun: run by `fsck`."""

from __future__ import annotations

from shop.services.checks import Check
from shop.services.invariants import catalogue, money, orders, work
from shop.services.proofs import PROOFS

CHECKS: tuple[Check, ...] = (
    *catalogue.CHECKS,
    *orders.CHECKS,
    *money.CHECKS,
    *work.CHECKS,
    *PROOFS,
)
