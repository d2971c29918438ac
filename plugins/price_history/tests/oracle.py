"""The definition of the README as slow plain Python: it looks at every tick of the calendar."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tag:
    """A price row in ticks; `ends` None is until further notice."""

    source: str
    amount: int
    starts: int
    ends: int | None = None
    pool: str = ""

    def is_in_force(self, tick):
        return self.starts <= tick and (self.ends is None or tick < self.ends)


def price_at(tags, tick):
    """The lowest price of all that were in force, None if none was."""
    return min((tag.amount for tag in tags if tag.is_in_force(tick)), default=None)


def shown_at(tags, tick, normal, plugins):
    """What the catalogue shows: of the first plugin that has a row in force the latest; a pool's
    only below the normal price."""
    for plugin in plugins:
        mine = [tag for tag in tags if tag.source == plugin and tag.is_in_force(tick)]
        if mine:
            last = sorted(mine, key=lambda tag: tag.starts)[-1]
            return normal if last.pool and last.amount >= normal else last.amount
    return normal


def reference(tags, now, shown, window, least, progressive):
    """The highest price that may be struck through, None if none may."""
    if price_at(tags, now) != shown:
        return None
    fell = began(tags, now)
    before = price_at(tags, fell - 1)
    if before is not None and before > shown:
        while progressive:
            earlier = began(tags, fell - 1)
            higher = price_at(tags, earlier - 1)
            if higher is None or higher < before or fell - earlier > window:
                break
            fell, before = earlier, higher
        end, looked_at = fell, range(fell - window, fell)
    else:
        end, looked_at = now, range(now - window, now + 1)
    asked = {tick: price_at(tags, tick) for tick in looked_at}
    on_sale = [tick for tick, price in asked.items() if price is not None]
    if not on_sale or end - on_sale[0] < least:
        return None
    return min(asked[tick] for tick in on_sale)


def began(tags, tick):
    """The first tick of the stretch of one price that `tick` is in."""
    while price_at(tags, tick - 1) == price_at(tags, tick):
        tick -= 1
    return tick
