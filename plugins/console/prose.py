"""The description of a product as somebody types it: paragraphs, not HTML.

Only what is nothing but paragraphs and line breaks is shown as text; other HTML stays as it is.
"""

from __future__ import annotations

import html
import re

TAG = re.compile(r"<[^>]*>")
PLAIN = re.compile(r"</?p>|<br\s*/?>", re.IGNORECASE)


def text_of(description: str) -> str:
    """
    >>> text_of("<p>Sweet &amp; ripe.</p><p>From the hill,<br>picked today.</p>")
    'Sweet & ripe.\\n\\nFrom the hill,\\npicked today.'
    >>> text_of("<p>With <b>more</b></p>")
    '<p>With <b>more</b></p>'
    """
    if any(not PLAIN.fullmatch(tag) for tag in TAG.findall(description)):
        return description
    text = re.sub(r"</p>\s*", "\n\n", description, flags=re.IGNORECASE)
    text = re.sub(r"<br\s*/?>\s*", "\n", text, flags=re.IGNORECASE)
    return html.unescape(TAG.sub("", text)).strip()


def html_of(text: str) -> str:
    """
    >>> html_of("Sweet & ripe.\\n\\nFrom the hill,\\npicked today.")
    '<p>Sweet &amp; ripe.</p><p>From the hill,<br>picked today.</p>'
    >>> html_of("<p>With <b>more</b></p>")
    '<p>With <b>more</b></p>'
    """
    if TAG.search(text):
        return text
    lines = html.escape(text.replace("\r\n", "\n").strip(), quote=False)
    parts = [part for part in re.split(r"\n\s*\n", lines) if part.strip()]
    return "".join(f"<p>{part.strip().replace(chr(10), '<br>')}</p>" for part in parts)
