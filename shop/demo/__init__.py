"""The demo store: its goods and pictures (all invented), and what fills an instance with them."""
