"""What must always be true of the tables, as checks by noun: run by `fsck`."""

from __future__ import annotations

from shop.ledger.proofs import PROOFS
from shop.ops.checks import Check
from shop.ops.invariants import catalogue, money, orders, work

CHECKS: tuple[Check, ...] = (
    *catalogue.CHECKS,
    *orders.CHECKS,
    *money.CHECKS,
    *work.CHECKS,
    *PROOFS,
)
