"""Owners and clerks: who they are, how they sign in, where a clerk may work."""

from __future__ import annotations

from typing import Any

from shop import db
from shop.context import Caller, Context
from shop.data import paging
from shop.errors import Conflict, NotFound, Reject
from shop.people import attempts, audit, auth, devices, passwords, totp
from shop.people.attempts import Bound, Pause

ROLES = ("owner", "clerk")
TRIES, SPAN = 10, 900
FREE, FREE_FOR_NAME, FREE_FOR_PEER = 10, 100, 50
"""tries without a pause: of a name from one network, of a name from all, of one network"""
PAUSES, BRIEF, QUIET = (1, 900), (1, 15), 3600
"""seconds: the first pause and the longest, and of a name from all networks, which only slows down
who guesses from many; until all is forgotten"""
TOKEN_DAYS = 14

MAKE = """
INSERT INTO staff (store, name, role, password_hash, totp_secret, totp_last, points, active,
  version, created_at)
VALUES (?, ?, ?, ?, '', 0, ?, ?, 1, ?) ON CONFLICT (store, name) DO NOTHING RETURNING id"""
COLUMNS = """id, name, role, points, active, version, created_at,
  CASE WHEN totp_secret = '' THEN 0 ELSE 1 END, CASE WHEN password_hash = '' THEN 0 ELSE 1 END"""
NAMES = ("id", "name", "role", "points", "active", "version", "created_at", "totp", "password")
GET = f"SELECT {COLUMNS} FROM staff WHERE store = ? AND id = ?"
NAMED = f"SELECT {COLUMNS} FROM staff WHERE store = ? AND name = ?"
LIST = f"SELECT {COLUMNS} FROM staff WHERE store = ? AND id > ? ORDER BY id LIMIT ?"
CHANGE = """
UPDATE staff SET role = ?, points = ?, active = ?, version = version + 1
WHERE store = ? AND id = ? AND version = ?"""
OWNERS = """
SELECT id FROM staff WHERE store = ? AND role = 'owner' AND active IS NOT NULL ORDER BY id"""
POINT_CODES = "SELECT id, code FROM pickup_point WHERE store = ?"
SIGN_IN = """
SELECT id, role, password_hash, totp_secret FROM staff
WHERE store = ? AND name = ? AND active IS NOT NULL"""
SECRETS = "SELECT password_hash, totp_secret FROM staff WHERE store = ? AND id = ?"
PASSWORD = "UPDATE staff SET password_hash = ? WHERE store = ? AND id = ?"
TOTP = "UPDATE staff SET totp_secret = ?, totp_last = ? WHERE store = ? AND id = ?"
USE_STEP = "UPDATE staff SET totp_last = ? WHERE id = ? AND totp_last < ?"


# -- who -------------------------------------------------------------------------------------


def create(
    ctx: Context, name: str, role: str, points: list[str] | None = None, password: str = ""
) -> dict[str, Any]:
    """A new owner, or a clerk bound to the pickup points of these codes.
    409 `staff_name_taken`, 422 `unknown_pickup_point`."""
    stored = passwords.hashed(password, name, *_names(ctx)) if password else ""
    with db.transaction():
        bound = db.dump(_point_ids(ctx, points or []))
        made = db.value(MAKE, ctx.code, name, role, stored, bound, ctx.now_us, ctx.now_us)
        if made is None:
            raise Conflict("staff_name_taken", name=name)
        audit.record(ctx, "staff.create", f"staff:{name}", role=role, points=points or [])
    return get(ctx, made)


def _names(ctx: Context) -> tuple[str, str]:
    """Of the store: no password is made of them."""
    return ctx.code, ctx.store.name


def change(ctx: Context, staff_id: int, seen: int, **facts: Any) -> dict[str, Any]:
    """Change `role`, `points` (codes) or `active` if the version is still `seen`, else 412. Who
    is switched off or changes role is signed out. 409 `last_owner`."""
    with db.transaction():
        owners = [row[0] for row in db.rows(OWNERS, ctx.code)]
        for number in owners:
            db.lock_row("staff", number)
        before = get(ctx, staff_id)
        after = before | facts
        active = (before["active"] or ctx.now_us) if after["active"] else None
        points = db.dump(_point_ids(ctx, after["points"]))
        if not db.change(CHANGE, after["role"], points, active, ctx.code, staff_id, seen):
            raise Reject("precondition_failed", 412, current=str(before["version"]))
        if owners and not db.row(OWNERS, ctx.code):
            raise Conflict("last_owner")
        if after["role"] != before["role"] or active is None:
            auth.revoke_all(ctx, staff=staff_id)
        noted = {"active": bool(after["active"]), "role": after["role"], "points": after["points"]}
        audit.record(ctx, "staff.change", f"staff:{before['name']}", **noted)
    return get(ctx, staff_id)


def get(ctx: Context, staff_id: int) -> dict[str, Any]:
    """{id, name, role, points (codes), active (since), version, created_at, totp, password}, the
    last two as whether there is one; NotFound."""
    return _view(ctx, db.row(GET, ctx.code, staff_id))


def named(ctx: Context, name: str) -> dict[str, Any]:
    return _view(ctx, db.row(NAMED, ctx.code, name))


def show(ctx: Context, limit: int = 20, after: str | None = None) -> dict[str, Any]:
    """A page {items, next}, the oldest first."""
    [last] = paging.decode(after, int) or (0,)
    page = paging.page(db.rows(LIST, ctx.code, last, limit + 1), limit, lambda line: (line[0],))
    page["items"] = [_view(ctx, line) for line in page["items"]]
    return page


def _view(ctx: Context, line: tuple[Any, ...] | None) -> dict[str, Any]:
    if line is None:
        raise NotFound
    codes = dict(db.rows(POINT_CODES, ctx.code))
    person = dict(zip(NAMES, line, strict=True))
    person["points"] = [codes[number] for number in db.load(person["points"]) if number in codes]
    return person | {"totp": bool(person["totp"]), "password": bool(person["password"])}


def _point_ids(ctx: Context, codes: list[str]) -> list[int]:
    ids = {code: number for number, code in db.rows(POINT_CODES, ctx.code)}
    for code in codes:
        if code not in ids:
            raise Reject("unknown_pickup_point", point=code)
    return sorted({ids[code] for code in codes})


# -- signing in ------------------------------------------------------------------------------


def login(
    ctx: Context, name: str, password: str, code: str = "", device: str = ""
) -> tuple[str, dict[str, Any]]:
    """(token, person). 401 `login_failed`, the same and as late for a name that does not exist;
    401 `totp_required` after a right password; 429 `too_many_attempts`, in a pause that grows.

    `device` is what `devices.remember` gave this browser when its owner signed in: it has tries of
    its own, whatever others do to the name.
    """
    found = db.row(SIGN_IN, ctx.code, name)
    staff_id, role, stored, secret = found or (0, "", None, "")
    own, *shared = _limits(ctx, name, devices.known(ctx, device, staff_id, stored or ""))
    attempts.count(ctx, own, *shared)
    if not passwords.matches(stored, password):
        raise Reject("login_failed", 401)
    if secret and not code:
        raise Reject("totp_required", 401)
    with db.transaction():
        if secret:
            step = totp.step_of(secret, code, ctx.now_us)
            if step is None or not db.change(USE_STEP, step, staff_id, step):
                raise Reject("login_failed", 401)
        token = auth.issue(
            ctx, staff=staff_id, scopes=auth.SCOPES[role], label="login",
            seconds=TOKEN_DAYS * 86_400,
        )  # fmt: skip
        me = ctx.as_(Caller(role, staff_id, name, peer=ctx.caller.peer))
        audit.record(me, "staff.login", f"staff:{name}")
    attempts.clear(ctx, own.what, own.who)
    for limit in shared:  # others guess from here, or this name: only the right try does not count
        attempts.give_back(ctx, limit.what, limit.who)
    return token, get(ctx, staff_id)


def _limits(ctx: Context, name: str, device: str | None) -> list[Pause]:
    """What a try counts against. No name is ever locked: a network waits by itself, and all together
    wait for seconds only."""
    if device is not None:
        return [Pause("staff_login_device", device, FREE, *PAUSES, QUIET)]
    network = attempts.network_of(ctx.caller.peer)
    return [
        Pause("staff_login", f"{name}|{network}", FREE, *PAUSES, QUIET),
        Pause("staff_login_peer", network, FREE_FOR_PEER, *PAUSES, QUIET),
        Pause("staff_login_name", name, FREE_FOR_NAME, *BRIEF, QUIET),
    ]


def device_of(ctx: Context, staff_id: int) -> str:
    """Return what the device on which this person has just signed in is to keep."""
    stored, _ = db.row(SECRETS, ctx.code, staff_id) or ("", "")
    return devices.remember(ctx, staff_id, stored)


def change_password(ctx: Context, old: str, new: str) -> None:
    """The caller's own; every other token of his ends. 422 `password_wrong`."""
    staff_id = prove(ctx, old)
    stored = passwords.hashed(new, ctx.caller.name, *_names(ctx))
    with db.transaction():
        db.change(PASSWORD, stored, ctx.code, staff_id)
        auth.revoke_all(ctx, staff=staff_id, but=ctx.caller.token_id)
        audit.record(ctx, "staff.password", f"staff:{ctx.caller.name}")


def set_password(ctx: Context, staff_id: int, new: str) -> None:
    """Another's, by the owner: all his tokens end."""
    stored = passwords.hashed(new, get(ctx, staff_id)["name"], *_names(ctx))
    with db.transaction():
        person = get(ctx, staff_id)
        db.change(PASSWORD, stored, ctx.code, staff_id)
        auth.revoke_all(ctx, staff=staff_id)
        audit.record(ctx, "staff.password", f"staff:{person['name']}")


def set_totp(ctx: Context, staff_id: int, secret: str, code: str | None = None) -> None:
    """Ask for codes of `secret` from now on, or for none if it is empty; `code` proves that the
    app has it. 422 `totp_wrong`."""
    step = totp.step_of(secret, code, ctx.now_us) if secret and code is not None else 0
    if step is None:
        raise Reject("totp_wrong")
    with db.transaction():
        person = get(ctx, staff_id)
        db.change(TOTP, secret, step, ctx.code, staff_id)
        audit.record(ctx, "staff.totp", f"staff:{person['name']}", on=bool(secret))


def prove(ctx: Context, password: str) -> int:
    """The caller's id, if he knows his password; 422 `password_wrong`, 429 after too many."""
    staff_id = ctx.caller.id or 0
    attempts.count(ctx, Bound("staff_password", f"{staff_id}", TRIES, SPAN))
    stored, _ = db.row(SECRETS, ctx.code, staff_id) or (None, "")
    if not passwords.matches(stored, password):
        raise Reject("password_wrong")
    attempts.clear(ctx, "staff_password", f"{staff_id}")
    return staff_id
