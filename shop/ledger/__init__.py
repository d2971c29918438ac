"""Points, credit and debts: what outlives an order, in double entry."""
