"""Units of goods, and claims on whatever else is scarce."""
