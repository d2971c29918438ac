"""Wang has a code; friends come with it and buy."""

import pytest

from shop_plugins.referral_rebate.tests.invited import Invited


@pytest.fixture
def settings():
    """Of the plugin, in a test that parametrizes it."""
    return {"rate": 10}


@pytest.fixture
def enabled(settings):
    return {"referral_rebate": settings}


@pytest.fixture
def invited(shop):
    made = Invited(shop)
    assert made.pears
    yield made
    shop.run_jobs()
    made.adds_up()
    assert shop.fsck() == []
