"""Bugs that the tests of this plugin must notice: (what goes wrong, file, old, new, tests)."""

BUGS = [
    (
        "points can be spent before the goods can no longer go back",
        "settling.py",
        "    available = since + settings.available_days * DAY\n",
        "    available = since\n",
        "plugins/points/tests/test_earning.py",
    ),
]
