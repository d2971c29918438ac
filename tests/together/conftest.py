"""Every plugin that takes part is on, in the order of their names; and a provider that signs."""

import pytest

from tests import signed_pay
from tests.together.machine import parts


@pytest.fixture
def plugins():
    return (signed_pay.plugin(),)


@pytest.fixture
def enabled():
    own = {name: getattr(part, f"settings_{name}", {}) for name, part in parts().items()}
    return {**own, "signed_pay": {}}


@pytest.fixture
def stores_toml():
    return "[shop.limits]\nunpaid_orders = 6\n"
