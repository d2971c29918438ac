"""The file that shops under test have, and the time that it is."""

from __future__ import annotations

from datetime import UTC, datetime

SECRET = "tests-only-0123456789-0123456789-abcdef"
NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
"""When tests begin: noon on a Friday in Shanghai."""

CONFIG = """
[shop]
database = "{database}"
secret = "{secret}"
mode = "test"
rate_limits = "off"
[stores.orchard]
name = "果园小店"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "zh_Hans"
{stores}
"""
