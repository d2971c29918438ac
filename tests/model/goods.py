"""Stock, windows, seats and carts as plain Python."""

from dataclasses import dataclass, field

HOUR = 3_600_000_000


class Refused(Exception):
    """What the shop must refuse, by its code."""

    def __init__(self, code):
        self.code = code
        super().__init__(code)


@dataclass
class Variant:
    sku: str
    price: int
    tracked: bool
    pools: dict[str, int]
    closed: set[str] = field(default_factory=set)

    def give(self, pool, units):
        """To its pool, or to main where the pool is closed."""
        if pool and units:
            self.pools["main" if pool in self.closed else pool] += units

    def change(self, delta):
        if not self.tracked:
            raise Refused("not_tracked")
        if self.pools["main"] + delta < 0:
            raise Refused("stock_too_low")
        self.pools["main"] += delta

    def open_pool(self, pool, units):
        if pool in self.closed:
            raise Refused("pool_closed")
        if self.pools["main"] < units:
            raise Refused("out_of_stock")
        self.pools["main"] -= units
        self.pools[pool] = self.pools.get(pool, 0) + units

    def close_pool(self, pool):
        if pool in self.pools and pool not in self.closed:
            self.closed.add(pool)
            self.pools["main"] += self.pools[pool]
            self.pools[pool] = 0


@dataclass(eq=False)
class Window:
    """`orders` are those that hold a place in it."""

    point: str
    starts: int
    ends: int
    cut_off: int
    cap: int | None
    orders: list = field(default_factory=list)
    retired: bool = False
    id: int = 0
    version: int = 1

    @property
    def full(self):
        return self.cap is not None and len(self.orders) >= self.cap


@dataclass
class Seats:
    """At most `cap` in all, and one for a customer."""

    cap: int
    orders: list = field(default_factory=list)

    def check(self, customer):
        if len(self.orders) >= self.cap:
            raise Refused("fully_claimed")
        if any(order.customer is customer for order in self.orders):
            raise Refused("already_claimed")


@dataclass(frozen=True)
class Item:
    """Units of a SKU; `pool` is the option that takes them from a pool at half the price."""

    sku: str
    quantity: int
    pool: str = ""


@dataclass(eq=False)
class Cart:
    items: list[Item] = field(default_factory=list)
    options: dict = field(default_factory=dict)
    expires: int = 0
    used: bool = False
    id: str = ""

    def add(self, item):
        for place, known in enumerate(self.items):
            if (known.sku, known.pool) == (item.sku, item.pool):
                self.items[place] = Item(item.sku, known.quantity + item.quantity, item.pool)
                return
        self.items.append(item)
