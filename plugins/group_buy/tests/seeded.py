"""Bugs that the tests of this plugin must notice: (what goes wrong, file, old, new, tests)."""

BUGS = [
    (
        "who pays after the deadline is in the team",
        "members.py",
        "        return to_us(team.deadline) <= paid_at\n",
        "        return False\n",
        "plugins/group_buy/tests/test_teams.py",
    ),
]
