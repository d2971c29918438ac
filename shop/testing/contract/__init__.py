"""What every plugin promises, as tests that its own tests inherit.

    class TestContract(PluginContract):
        plugin = GiftWrap
        settings = {"fee": 300}

        def exercise(self, shop):
            shop.up_to("completed", options={"gift_wrap": {"wanted": True}})

`exercise` makes the plugin do its thing: whatever a shop does with it, the more the better, in the
store `orchard`. The tests then look at what it left, run its jobs again, switch it off and on,
take everything back, and compare with the store `never`, which does not have it.
"""

from __future__ import annotations

from shop.testing.contract.books import Books
from shop.testing.contract.facts import Facts
from shop.testing.contract.names import Names
from shop.testing.contract.off import Off
from shop.testing.contract.purged import Purged
from shop.testing.contract.quotes import Quotes
from shop.testing.contract.tables import Tables
from shop.testing.contract.twice import Twice


class PluginContract(Facts, Names, Tables, Quotes, Twice, Off, Books, Purged):
    """Inherit it as `TestContract` and name the `plugin`; see `shop.testing.contract`."""


__all__ = ["PluginContract"]
