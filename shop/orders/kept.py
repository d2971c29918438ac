"""What is still paid of an order's lines, in SQL: the same rule as `LineView.kept` and
`LineView.units_kept`, for queries over many orders.

The order line has the alias `l`. Whether the order was paid at all is its state.
"""

NET = "(l.amount + l.discount + l.spend)"
"""goods money of a line after discounts, without what points or credit paid"""
MONEY = f"({NET} - l.refunded_amount)"
"""goods money kept: its net less what went back"""
UNITS = f"""
(CASE WHEN {NET} > 0 AND {NET} = l.refunded_amount THEN 0 ELSE l.quantity - l.refunded END)"""
"""units still bought: none once all of the line's money went back"""
