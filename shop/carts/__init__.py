"""What a customer means to buy, and what it costs."""
