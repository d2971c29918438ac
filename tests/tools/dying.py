"""A process that is killed in the middle of its work, told within one process."""

import re
from contextlib import contextmanager

from shop import db

UNDOES = re.compile(r"\s*ROLLBACK", re.I)


class Crash(KeyboardInterrupt):
    """Nobody handles it: neither a plugin's failure nor a job's."""


@contextmanager
def dying(statements):
    """Killed before the n-th statement: no later one runs either, and what was not committed is
    undone. None: nothing happens."""
    left = statements

    def count(sql):
        nonlocal left
        left -= 1
        if left < 0 and not UNDOES.match(sql):
            raise Crash

    if statements is None:
        yield
        return
    with db.watched(count):
        yield


def restart(shop):
    """The next process: with a connection of its own. What the dead one had open is undone, and its
    turn to write is given up."""
    db.database.rollback()
    shop.instance.close()
    shop.instance.database = db.connect(shop.config.database)
