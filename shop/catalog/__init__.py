"""Goods: products and their categories, prices and pictures, found, imported and exported."""
