"""Hash chains over what must never change: ledger movements with their entries, and audit rows.

Per store there are two chains of batches, `ledger` and `audit`. A batch takes rows by an unsealed
mark (`seal_id` is null), not by id: a row whose transaction commits late is sealed late, never
skipped. A seal is SHA-256 over the seal before it and the digests of its rows. Cutting off the
newest seals with their rows leaves no trace inside: compare `heads` with one written down
elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import orjson

from shop import db
from shop.context import Context
from shop.jobs import jobs
from shop.ops.checks import Finding

BATCH = 500
EVERY = 10
"""seconds between two runs of the job"""
SHOWN = 32
"""hex digits of a row's digest kept beside the seal, enough to say which row changed"""

MOVEMENTS = """
SELECT m.id, m.key, m.kind, m.source, m.reason, m.order_id, m.of_id, m.at,
  e.id, a.name, e.lot_id, e.amount
FROM (SELECT * FROM movement WHERE store = ? AND {mark} ORDER BY id LIMIT {batch}) m
  LEFT JOIN entry e ON e.movement_id = m.id LEFT JOIN account a ON a.id = e.account_id
ORDER BY m.id, e.id"""
AUDITS = """
SELECT id, actor, action, subject, data, request_id, at FROM audit
WHERE store = ? AND {mark} ORDER BY id LIMIT {batch}"""
CHAINS = {"ledger": ("movement", MOVEMENTS, 8), "audit": ("audit", AUDITS, 7)}
"""chain: table, its rows, how many columns are the row's own"""
LAST = "SELECT number, hash FROM seal WHERE store = ? AND chain = ? ORDER BY number DESC LIMIT 1"
ADD = """
INSERT INTO seal (store, chain, number, previous, hash, rows, at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING RETURNING id"""
MARK = "UPDATE {table} SET seal_id = ? WHERE id IN (??) AND store = ? AND seal_id IS NULL"
SEALS = """
SELECT id, number, previous, hash, rows FROM seal
WHERE store = ? AND chain = ? AND number > ? ORDER BY number LIMIT 50"""
STRAY = """
SELECT t.id FROM {table} t LEFT JOIN seal s
  ON s.id = t.seal_id AND s.store = t.store AND s.chain = ?
WHERE t.store = ? AND t.seal_id IS NOT NULL AND s.id IS NULL ORDER BY t.id"""

Digests = list[tuple[int, str]]


@jobs.handler("seal", every=EVERY)
def seal_job(ctx: Context, data: dict[str, Any]) -> None:
    seal(ctx)


def seal(ctx: Context) -> int:
    """Seal everything that is committed and unsealed; how many rows."""
    sealed = 0
    for chain in CHAINS:
        while count := _seal_batch(ctx, chain):
            sealed += count
    return sealed


def heads(ctx: Context) -> dict[str, tuple[int, str]]:
    """The last (number, hash) of each chain that has one: what to write down elsewhere."""
    found = {chain: db.row(LAST, ctx.code, chain) for chain in CHAINS}
    return {chain: (last[0], last[1]) for chain, last in found.items() if last}


def verify(ctx: Context) -> list[Finding]:
    """Every sealed row that was changed, added or removed, and every seal that does not follow
    from the one before it. It streams: the memory used does not grow with the books."""
    return [finding for chain in CHAINS for finding in _verify_chain(ctx, chain)]


def _seal_batch(ctx: Context, chain: str) -> int:
    """0 when nothing is left, or another sealer took this number: its batch goes first."""
    table = CHAINS[chain][0]
    with db.transaction():
        number, previous = db.row(LAST, ctx.code, chain) or (0, "")
        digests = _digests(ctx, chain)
        if not digests:
            return 0
        seal_id = db.value(
            ADD, ctx.code, chain, number + 1, previous, _chained(previous, digests),
            db.dump([(row, digest[:SHOWN]) for row, digest in digests]), ctx.now_us,
        )  # fmt: skip
        if seal_id is None:
            return 0
        ids = db.many(row for row, _ in digests)
        if db.change(MARK.format(table=table), seal_id, ids, ctx.code) != len(digests):
            raise RuntimeError(f"rows of {table} were sealed twice")
        return len(digests)


def _digests(ctx: Context, chain: str, seal_id: int | None = None) -> Digests:
    """(id, digest) of the rows of a seal, or of the next unsealed ones, in order of id."""
    _, sql, own = CHAINS[chain]
    if seal_id is None:
        found = db.rows(sql.format(mark="seal_id IS NULL", batch=BATCH), ctx.code)
    else:
        found = db.rows(sql.format(mark="seal_id = ?", batch=10 * BATCH), ctx.code, seal_id)
    digests = []
    for row, lines in groupby(found, key=lambda line: line[:own]):
        entries = [line[own:] for line in lines if len(line) > own]
        text = orjson.dumps([row, entries])
        digests.append((row[0], hashlib.sha256(text).hexdigest()))
    return digests


def _chained(previous: str, digests: Digests) -> str:
    rows = "".join(f"\n{row}:{digest}" for row, digest in digests)
    return hashlib.sha256((previous + rows).encode()).hexdigest()


def _verify_chain(ctx: Context, chain: str) -> Iterator[Finding]:
    table = CHAINS[chain][0]
    number, previous = 0, ""
    while seals := db.rows(SEALS, ctx.code, chain, number):
        for seal_id, found_number, before, kept, rows in seals:
            if found_number != number + 1 or before != previous:
                yield Finding("seal", f"seal {chain} {found_number}", f"does not follow {number}")
            digests = _digests(ctx, chain, seal_id)
            broken = list(_compare(table, db.load(rows), digests))
            yield from broken
            if not broken and _chained(before, digests) != kept:
                yield Finding(
                    "seal", f"seal {chain} {found_number}", "its hash is not that of its rows"
                )
            number, previous = found_number, kept
    for [row] in db.rows(STRAY.format(table=table), chain, ctx.code):
        yield Finding("seal", f"{table} {row}", "its seal is missing")


def _compare(table: str, kept: list[list[Any]], found: Digests) -> Iterator[Finding]:
    """What became of the rows that were sealed."""
    was, now = dict(kept), dict(found)
    for row in sorted(was.keys() | now.keys()):
        if row not in now:
            yield Finding("seal", f"{table} {row}", "was sealed and is missing")
        elif row not in was:
            yield Finding("seal", f"{table} {row}", "was added to a seal")
        elif now[row][:SHOWN] != was[row]:
            yield Finding("seal", f"{table} {row}", "was changed after it was sealed")
