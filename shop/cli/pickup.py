"""`shop sheet …` and `shop windows …`."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

import click

from shop.cli.base import NUMBER, console, guarded, open_instance, store_option, table
from shop.clock import to_us
from shop.context import Context
from shop.pickup import points, sheet_formats, sheets, timetable, window_pattern
from shop.pickup.sheets import Sheet
from shop.pickup.window_pattern import Slot

FORMATS = ("html", "csv", "xlsx")

point_option = click.option("--point", metavar="CODE", required=True, help="which pickup point")


@click.command("sheet")
@store_option
@point_option
@click.option("--window", type=NUMBER, metavar="ID", help="else all open orders of the point")
@click.option("--format", "form", type=click.Choice(FORMATS), help="else as the file is called")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.pass_context
@guarded
def sheet(
    context: click.Context, store: str, point: str, window: int | None, form: str | None, file: str
) -> None:
    """Write who fetches what at a point to FILE (- is the terminal)."""
    form = form or Path(file).suffix[1:]
    if form not in FORMATS:
        raise click.UsageError(f"--format is one of {', '.join(FORMATS)}")
    made = sheets.sheet(open_instance(context).context(store), point, window)
    with click.open_file(file, "wb", atomic=True) as out:
        _write(made, form, out)
    if file != "-":
        console.print(f"{file}: {made.count} orders, {made.units.total()} units", soft_wrap=True)


def _write(made: Sheet, form: str, out: IO[Any]) -> None:
    if form == "html":
        for piece in sheet_formats.html(made):
            out.write(piece.encode())
    elif form == "csv":
        for lines in sheet_formats.csv_file(made):
            out.write(lines)
    else:
        with sheet_formats.xlsx_file(made) as book:
            while chunk := book.read(65_536):
                out.write(chunk)


@click.group("windows")
def windows_group() -> None:
    """Pickup windows."""


@windows_group.command("list")
@store_option
@click.option("--point", metavar="CODE", default="", help="of this point only")
@click.option("--past", is_flag=True, help="those that ended too")
@click.option("--exceptions", is_flag=True, help="only those that were deleted or moved")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.pass_context
@guarded
def list_windows(
    context: click.Context, store: str, point: str, past: bool, exceptions: bool, limit: int
) -> None:
    """The windows to come, by their start."""
    ctx = open_instance(context).context(store)
    found = timetable.page(ctx, limit, point=point, past=past, exceptions=exceptions)
    columns = ("id", "point", "when", "orders", "cut-off")
    shown = table(f"pickup windows of {store}", *columns, *(["exception"] if exceptions else []))
    for window in found["items"]:
        most = "" if window["capacity"] is None else f" of {window['capacity']}"
        shown.add_row(
            str(window["id"]),
            window["point"],
            sheets.span(ctx, to_us(window["starts"]), to_us(window["ends"])),
            f"{window['used']}{most}",
            sheets.moment(ctx, to_us(window["cut_off"])),
            *([_exception(ctx, window)] if exceptions else []),
        )
    console.print(shown)


def _exception(ctx: Context, window: dict[str, Any]) -> str:
    slot = window["slot"]
    was = _line(ctx, slot["starts"], slot["ends"])
    return "deleted" if window["exception"] == "deleted" else f"moved from {was}"


@windows_group.command("remove")
@store_option
@click.argument("window", type=NUMBER, metavar="ID")
@click.pass_context
@guarded
def remove_window(context: click.Context, store: str, window: int) -> None:
    """Offer a window no more, for a holiday; its orders stay, and `add` does not make it again."""
    ctx = open_instance(context).context(store)
    found = timetable.get(ctx, window)
    timetable.retire(ctx, window, found.version)
    console.print(f"removed {_line(ctx, found.starts, found.ends)} at {found.point.code}")


@windows_group.command("restore")
@store_option
@click.argument("window", type=NUMBER, metavar="ID")
@click.pass_context
@guarded
def restore_window(context: click.Context, store: str, window: int) -> None:
    """Offer a window that was removed or moved again at its first hours."""
    ctx = open_instance(context).context(store)
    made = timetable.restore(ctx, window)
    console.print(f"offered again: {_line(ctx, made['starts'], made['ends'])} at {made['point']}")


@windows_group.command("add")
@store_option
@point_option
@click.argument("slots", nargs=-1, required=True, metavar="FROM-TO…")
@click.option("--days", type=click.IntRange(1, 92), default=7, show_default=True)
@click.option("--start", metavar="DATE", help="the first day, like 2026-05-01; else today")
@click.option("--cut-off", metavar="TIME", help="like 20:00; else when the window starts")
@click.option("--days-before", type=click.IntRange(0, 30), default=0, help="of the cut-off")
@click.option("--capacity", type=click.IntRange(0, 1_000_000), help="orders at most; else no limit")
@click.option("--weekdays", default="1,2,3,4,5,6,7", show_default=True, help="Monday is 1")
@click.pass_context
@guarded
def add_windows(
    context: click.Context,
    store: str,
    point: str,
    slots: tuple[str, ...],
    days: int,
    start: str | None,
    cut_off: str | None,
    days_before: int,
    capacity: int | None,
    weekdays: str,
) -> None:
    """Open windows like 17:00-19:00 on the coming days; what exists, was removed or moved stays."""
    ctx = open_instance(context).context(store)
    try:
        closing = None if cut_off is None else time.fromisoformat(cut_off)
        allowed = [int(day) for day in weekdays.split(",")]
        wanted = [_slot(words, closing, days_before, capacity, allowed) for words in slots]
        first = None if start is None else date.fromisoformat(start)
    except (TypeError, ValueError) as error:
        raise click.UsageError(f"a time or day is not one: {error}") from None
    asked = (ctx, points.named(ctx, point).id, wanted, days, first)
    made = window_pattern.repeat(*asked)
    for window in made:
        console.print(_line(ctx, window["starts"], window["ends"]), highlight=False)
    console.print(f"{len(made)} windows made at {point}")
    for window in window_pattern.exceptions(*asked):
        slot = window["slot"]
        was = _line(ctx, slot["starts"], slot["ends"])
        console.print(f"not made, {window['exception']} before: {was} (window {window['id']})")


def _slot(words: str, *rest: Any) -> Slot:
    starts, ends = words.split("-")
    return Slot(time.fromisoformat(starts), time.fromisoformat(ends), *rest)


def _line(ctx: Context, starts: datetime, ends: datetime) -> str:
    return sheets.span(ctx, to_us(starts), to_us(ends))


commands = [sheet, windows_group]
