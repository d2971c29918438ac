"""The emulator: a payment service in a process of its own, that does wrong when told to."""
