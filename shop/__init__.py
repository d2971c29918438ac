"""Minishop."""
