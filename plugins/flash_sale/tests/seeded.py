"""Bugs that the tests of this plugin must notice: (what goes wrong, file, old, new, tests)."""

BUGS = [
    (
        "a flash price goes on after the sale",
        "pricing.py",
        "AND s.starts <= ? AND s.ends > ?\n  AND s.ended_at IS NULL",
        "AND s.starts <= ? AND s.ends > 0 * ?\n  AND s.ended_at IS NULL",
        "plugins/flash_sale/tests/test_selling.py",
    ),
]
