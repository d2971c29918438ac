"""Orders: placed, read, held."""
