"""Routes build addresses, though what builds them is made late."""

from flask import url_for


def test_an_address_is_built_when_it_is_asked_for(shop):
    with shop.app.test_request_context():
        for _ in range(2):
            path = url_for("orders.get_order", store="orchard", number="N 1")
            assert path == "/api/v1/orchard/orders/N%201"
            assert url_for("orders.get_order", store="orchard", number="N1", token="x") == (
                "/api/v1/orchard/orders/N1?token=x"
            )
