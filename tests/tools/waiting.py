"""Waiting for what another thread or process does, on a machine that may be busy."""

import time

PATIENCE = 180
"""seconds after which a test gives up: far more than a busy machine needs, so that only what never
happens fails"""


def wait_for(true, said=lambda: "it did not come about"):
    """What `true()` answers as soon as that is truthy; `said()` is told if it never is."""
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, said()
        time.sleep(0.02)
    return found
