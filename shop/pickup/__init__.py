"""Where and when orders are fetched, and how they are handed over."""
