"""Bugs that the tests of this plugin must notice: (what goes wrong, file, old, new, tests)."""

BUGS = [
    (
        "a commission on one's own purchase",
        "bindings.py",
        "    if me == referrer:\n",
        "    if me == -referrer:\n",
        "plugins/referral_rebate/tests/test_rewards.py",
    ),
    (
        "two who invite each other",
        "bindings.py",
        "    if db.row(ABOVE, referrer, ctx.code, me):\n",
        "    if me == referrer:\n",
        "plugins/referral_rebate/tests/test_rewards.py",
    ),
]
