"""Bugs that the tests of this plugin must notice: (what goes wrong, file, old, new, tests)."""

BUGS = [
    (
        "more is kept for a damage than was deposited",
        "trials.py",
        "        if not 0 <= damage <= most:\n",
        "        if damage < 0:\n",
        "plugins/trial_then_buy/tests/test_trials.py",
    ),
]
