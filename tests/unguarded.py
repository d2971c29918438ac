"""`shop …` with a stock that is read first and written afterwards: the control of the races."""

from shop import db
from shop.cli import main
from shop.errors import Conflict
from shop.stock import stock

READ = "SELECT on_hand FROM stock WHERE variant_id = ? AND pool = ?"
WRITE = "UPDATE stock SET on_hand = ? WHERE variant_id = ? AND pool = ?"


def take(ctx, units, order_id):
    for variant, pool, count in units:
        left = db.value(READ, variant, pool)
        if left < count:
            raise Conflict("out_of_stock", left=left)
        db.change(WRITE, left - count, variant, pool)


if __name__ == "__main__":
    stock.take = take
    main()
