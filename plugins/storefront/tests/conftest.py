import pytest


@pytest.fixture
def enabled():
    return {"storefront": {"footer": "0000-0000"}}


@pytest.fixture
def own():
    """What a browser says of a form of this shop's own page."""
    return {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
