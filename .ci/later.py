"""`shop …` some days later: `later.py DAYS WORDS…`. What waits for the end of a return window is
walked through over HTTP too, and not by waiting a week."""

import sys
from datetime import timedelta

from shop.cli import main
from shop.clock import Clock

DAYS = timedelta(days=int(sys.argv.pop(1)))
now = Clock.now
Clock.now = lambda self: now(self) + DAYS
main()
