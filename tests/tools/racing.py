"""Real threads that start at once, each with a database connection of its own."""

import threading
import time
from contextlib import contextmanager

from shop import db


def race(*works):
    """Run all at once; per work its result, or the exception it raised."""
    barrier, results = threading.Barrier(len(works)), [None] * len(works)

    def runner(place, work):
        barrier.wait()
        try:
            results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            db.database.close()

    threads = [threading.Thread(target=runner, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@contextmanager
def slow_before(prefix, seconds=0.02):
    """Sleep before each statement that starts so, to hold a race's window open."""

    def watcher(sql):
        if sql.lstrip().startswith(prefix):
            time.sleep(seconds)

    with db.watched(watcher):
        yield
