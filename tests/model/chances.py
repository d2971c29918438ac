"""What chance chooses from: small numbers, amounts that split badly, options of both plugins."""

import hypothesis.strategies as st

PHONES = [f"+861300000000{digit}" for digit in range(4)]

pick = st.integers(0, 99)
units = st.integers(1, 3)
cost = st.sampled_from([1000, 999, 1234, 101, 1, 0])
method = st.sampled_from(["", "", "at_pickup", "transfer"])
cap = st.sampled_from([2, 1, None])
item = st.tuples(pick, units, st.sampled_from(["", "", "", "a", "b"]))
how_much = st.sampled_from(["whole", "whole", "part", "much", "short"])
RESTOCK = ["restore", "leave", "write_off"]
restock = st.sampled_from(RESTOCK)


def seldom(*values):
    """Mostly nothing, else one of these."""
    return st.sampled_from([0] * 3 * len(values) + list(values))


options = st.builds(
    lambda **chosen: {
        plugin: {name: value for name, value in facts.items() if value}
        for plugin, facts in chosen.items()
    },
    deal=st.fixed_dictionaries(
        {
            "off": seldom(100, 333, 5000),
            "first_off": seldom(1, 700),
            "voucher": seldom(99, 800),
            "fee": seldom(200, 1),
            "deposit": seldom(500),
        }
    ),
    perks=st.fixed_dictionaries(
        {
            "points": seldom(7, 20, 40, 400),
            "prepay": seldom(30, 90, 2000),
            "member": seldom(True),
            "hold": seldom(True),
            "seat": seldom(True),
        }
    ),
)
