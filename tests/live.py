"""A real server under test; plugin authors have it too."""

from shop.testing.live import Live, key, wanted

__all__ = ["Live", "key", "wanted"]
