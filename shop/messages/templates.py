"""Texts of plugins, made of Jinja templates in their own folder.

    render(ctx, "stamps", "thanks.txt", order=order)

reads `thanks.zh_Hans.txt` of the plugin's `templates` folder in a Chinese call, else `thanks.txt`.
HTML is escaped; a name that the template uses and nobody gave is an error. `{{ amount | money }}`
and `{{ instant | time }}` speak the store's currency and clock and the caller's language.
`environment(loader)` is the same for pages.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from babel.dates import format_datetime

from shop import money
from shop.clock import from_us
from shop.context import Context
from shop.errors import ShopError


def render(ctx: Context, plugin: str, name: str, /, **facts: Any) -> str:
    """The text of a template of `plugin` in the caller's language; ShopError if there is none."""
    found = ctx.plugins.by_name.get(plugin) or ctx.plugins.off.by_name.get(plugin)
    if found is None or found.folder is None:
        raise ShopError(f"no plugin {plugin} with a folder")
    stem, dot, suffix = name.rpartition(".")
    environment = _environment(found.folder / "templates")
    names = [f"{stem}.{ctx.locale}{dot}{suffix}", name]
    try:
        template = environment.select_template(names)
    except jinja2.TemplatesNotFound:
        raise ShopError(f"plugin {plugin} has no template {' or '.join(names)}") from None
    return template.render(ctx=ctx, **facts)


@lru_cache(maxsize=64)
def _environment(folder: Path) -> jinja2.Environment:
    return environment(jinja2.FileSystemLoader(folder))


def environment(loader: jinja2.BaseLoader, **options: Any) -> jinja2.Environment:
    """Where templates are drawn; each is given the call as `ctx`."""
    made = jinja2.Environment(
        loader=loader,
        autoescape=jinja2.select_autoescape(("html", "xml", "svg")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )
    made.filters |= {"money": _money, "time": _time}
    return made


@jinja2.pass_context
def _money(given: jinja2.runtime.Context, amount: int) -> str:
    """Minor units as people write them: `¥12.50`."""
    ctx: Context = given["ctx"]
    return money.show(amount, ctx.store.currency, ctx.locale)


@jinja2.pass_context
def _time(given: jinja2.runtime.Context, at: int | str, form: str = "short") -> str:
    """An instant, in microseconds or as the API says it, by the store's own clock; `form` is
    Babel's."""
    ctx: Context = given["ctx"]
    zone = ZoneInfo(ctx.store.timezone)
    instant = datetime.fromisoformat(at) if isinstance(at, str) else from_us(at)
    return format_datetime(instant, form, tzinfo=zone, locale=ctx.locale)
