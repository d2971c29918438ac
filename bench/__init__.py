"""What the shop does with real invoices (`replay`), and how fast it is (`python -m bench`)."""
