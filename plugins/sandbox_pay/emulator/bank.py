"""What the emulator knows, in a small SQLite file of its own.

A file and not memory: an order that was paid in yesterday's demo can be refunded today, and a
notice that found the shop down is sent though the emulator was started again meanwhile.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from shop_plugins.sandbox_pay.emulator.faults import Faults

TABLES = """
CREATE TABLE IF NOT EXISTS payment (
  id TEXT PRIMARY KEY, account TEXT, order_number TEXT, number INTEGER, method TEXT,
  amount INTEGER, currency TEXT, state TEXT DEFAULT 'open', paid_amount INTEGER DEFAULT 0,
  paid_currency TEXT DEFAULT '', refunded INTEGER DEFAULT 0, settled_at INTEGER DEFAULT 0,
  payer TEXT DEFAULT '', UNIQUE (account, order_number, number));
CREATE TABLE IF NOT EXISTS refund (
  id INTEGER PRIMARY KEY, account TEXT, key TEXT, payment TEXT, amount INTEGER, state TEXT,
  UNIQUE (account, key));
CREATE TABLE IF NOT EXISTS notice (
  id INTEGER PRIMARY KEY, account TEXT, payment TEXT, refund INTEGER, body TEXT, signature TEXT,
  old INTEGER, state TEXT, due REAL, tries INTEGER DEFAULT 0, answer TEXT DEFAULT '');
CREATE TABLE IF NOT EXISTS fault (account TEXT PRIMARY KEY, faults TEXT);
"""
PAYER = "ALTER TABLE payment ADD COLUMN payer TEXT DEFAULT ''"
"""for the file of a demo that was made before"""
SETTLED = """
UPDATE payment SET state = ?, payer = ?, paid_amount = ?, paid_currency = ?, settled_at = ?
WHERE id = ? AND state = 'open'"""
REFUNDED = """
UPDATE payment SET refunded = refunded + ?
WHERE id = ? AND state = 'paid' AND refunded + ? <= paid_amount"""
LONGEST, TRIES = 60, 30
"""seconds between two tries of a notice, at most; after so many it is given up"""

Row = dict[str, Any]


class Bank:
    """Safe to call from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = lambda cursor, row: dict(
            zip([column[0] for column in cursor.description], row, strict=True)
        )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(TABLES)
        if not self._rows("SELECT 1 FROM pragma_table_info('payment') WHERE name = 'payer'"):
            self._do(PAYER)
        self._do("UPDATE notice SET state = 'waiting' WHERE state = 'sending'")
        self.news = threading.Event()
        """set when a notice may be due"""

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # -- payments ----------------------------------------------------------------------------

    def begin(self, account: str, order: str, number: int, terms: Row) -> Row | None:
        """The payment, as it was begun before or now; None if that was on other terms."""
        with self._lock:
            self._do(
                "INSERT INTO payment (id, account, order_number, number, method, amount, currency)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                "sp_" + secrets.token_urlsafe(18), account, order, number, terms["method"],
                terms["amount"], terms["currency"],
            )  # fmt: skip
            found = self.find(account, order, number)
        same = found and all(found[name] == value for name, value in terms.items())
        return found if same else None

    def find(self, account: str, order: str, number: int) -> Row | None:
        return self._row(
            "SELECT * FROM payment WHERE account = ? AND order_number = ? AND number = ?",
            account, order, number,
        )  # fmt: skip

    def payment(self, payment_id: str) -> Row | None:
        return self._row("SELECT * FROM payment WHERE id = ?", payment_id)

    def settle(self, payment_id: str, state: str, faults: Faults, payer: str = "") -> bool:
        """Pay it from the account `payer`, or let it fail, once; its notice goes out as `faults` says."""
        with self._lock:
            payment = self.payment(payment_id)
            if payment is None:
                return False
            amount, currency = payment["amount"], payment["currency"]
            amount, currency = faults.amount or amount, faults.currency or currency
            if state == "failed":
                amount, currency = 0, payment["currency"]
            now = time.time_ns() // 1000
            if not self._do(SETTLED, state, payer, amount, currency, now, payment_id):
                return False
            self._tell(said(self.payment(payment_id) or {}), payment, faults)
            return True

    # -- refunds -----------------------------------------------------------------------------

    def refund(self, payment: Row, key: str, amount: int, faults: Faults) -> Row | None:
        """Give `amount` back, once per key; None if that is more than is left, or the key was used
        for another refund."""
        with self._lock:
            known = self._row(
                "SELECT * FROM refund WHERE account = ? AND key = ?", payment["account"], key
            )
            if known:
                return known if (known["payment"], known["amount"]) == (
                    payment["id"], amount) else None  # fmt: skip
            if not self._do(REFUNDED, amount, payment["id"], amount):
                return None
            state = "pending" if faults.refunds_later else "done"
            made = self._row(
                "INSERT INTO refund (account, key, payment, amount, state) VALUES (?, ?, ?, ?, ?)"
                " RETURNING *",
                payment["account"], key, payment["id"], amount, state,
            )  # fmt: skip
            assert made is not None
            body = _message(payment, "refunded", f"{payment['id']}:refund:{made['id']}", amount)
            self._tell(body | {"at": time.time_ns() // 1000}, payment, faults, made["id"])
            return made

    # -- notices -----------------------------------------------------------------------------

    def _tell(self, body: Row, payment: Row, faults: Faults, refund: int | None = None) -> None:
        if faults.silent:
            return
        state = "held" if faults.hold else "waiting"
        for _ in range(faults.copies):
            self._do(
                "INSERT INTO notice (account, payment, refund, body, signature, old, state, due)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                payment["account"], payment["id"], refund, json.dumps(body), faults.signature,
                faults.old, state, time.time() + faults.late,
            )  # fmt: skip
        self.news.set()

    def due(self) -> list[Row]:
        """Take the notices that are to go out now; each is then to be `sent`."""
        return self._rows(
            "UPDATE notice SET state = 'sending' WHERE state = 'waiting' AND due <= ? RETURNING *",
            time.time(),
        )

    def held(self, account: str) -> list[Row]:
        """Take those that are held, in the order in which they came about."""
        found = self._rows(
            "UPDATE notice SET state = 'sending' WHERE state = 'held' AND account = ? RETURNING *",
            account,
        )
        return sorted(found, key=lambda notice: notice["id"])

    def sent(self, notice: Row, answer: str) -> None:
        """What came of it: 200 and it is delivered; else it goes out again, with growing pauses,
        unless it was forged."""
        tries = notice["tries"] + 1
        forged = notice["signature"] != "good" or notice["old"]
        over = answer == "200" or forged or tries >= TRIES
        state = "waiting" if not over else "delivered" if answer == "200" else "given_up"
        pause = min(LONGEST, 2 ** (tries - 1))
        with self._lock:
            self._do(
                "UPDATE notice SET state = ?, tries = ?, answer = ?, due = ? WHERE id = ?",
                state, tries, answer, time.time() + pause, notice["id"],
            )  # fmt: skip
            if state == "delivered":
                self._do("UPDATE refund SET state = 'done' WHERE id = ?", notice["refund"])

    # -- faults ------------------------------------------------------------------------------

    def faults(self, account: str) -> Faults:
        found = self._row("SELECT faults FROM fault WHERE account = ?", account)
        return Faults(**json.loads(found["faults"])) if found else Faults()

    def set_faults(self, account: str, faults: Faults) -> None:
        self._do(
            "INSERT OR REPLACE INTO fault (account, faults) VALUES (?, ?)",
            account, json.dumps(faults.as_dict()),
        )  # fmt: skip

    def use_up(self, account: str, name: str) -> bool:
        """Whether one more request fails by `down` or `refunds_fail`, which counts down."""
        with self._lock:
            faults = self.faults(account)
            left = getattr(faults, name)
            if left:
                self.set_faults(account, faults.merged({name: left - 1}))
            return bool(left)

    # -- looks -------------------------------------------------------------------------------

    def latest(self, limit: int = 20) -> list[Row]:
        return self._rows("SELECT * FROM payment ORDER BY rowid DESC LIMIT ?", limit)

    def everything(self, account: str) -> dict[str, list[Row]]:
        return {
            f"{table}s": self._rows(
                f"SELECT * FROM {table} WHERE account = ? ORDER BY rowid", account
            )
            for table in ("payment", "refund", "notice")
        }

    # -- SQL ---------------------------------------------------------------------------------

    def _do(self, sql: str, *values: Any) -> int:
        with self._lock:
            return self._db.execute(sql, values).rowcount

    def _rows(self, sql: str, *values: Any) -> list[Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def _row(self, sql: str, *values: Any) -> Row | None:
        return next(iter(self._rows(sql, *values)), None)


def said(payment: Row) -> Row | None:
    """The notice of what became of a payment, the same however often it is asked for; None while
    it is open."""
    if payment["state"] == "open":
        return None
    amount, event = payment["paid_amount"], f"{payment['id']}:{payment['state']}"
    body = _message(payment, payment["state"], event, amount)
    return body | {"currency": payment["paid_currency"], "at": payment["settled_at"]}


def _message(payment: Row, kind: str, event: str, amount: int) -> Row:
    return {
        "event": event,
        "kind": kind,
        "payment": payment["number"],
        "order": payment["order_number"],
        "amount": amount,
        "currency": payment["paid_currency"] or payment["currency"],
        "reference": payment["id"],
        "payer": payment["payer"],
    }
