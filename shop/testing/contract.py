"""What every plugin promises, as tests that its own tests inherit."""

from __future__ import annotations


class PluginContract:
    """`class TestContract(PluginContract): plugin = GiftWrap`"""
