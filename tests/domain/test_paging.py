"""Cursors: what comes back of one, and what is refused."""

import pytest

from shop.data import paging
from shop.errors import Invalid

pytestmark = pytest.mark.sqlite_only


def test_a_cursor_is_read_as_it_was_made():
    assert paging.decode(paging.encode("苹果", -7), str, int) == ("苹果", -7)
    assert paging.decode(None, str) is None


@pytest.mark.parametrize("key", [("a",), (2**63,), (1, 2), (True,)])
def test_a_cursor_of_another_list_or_a_number_beyond_a_column_is_refused(key):
    with pytest.raises(Invalid):
        paging.decode(paging.encode(*key), int)


def test_a_text_that_no_column_holds_is_refused():
    with pytest.raises(Invalid):
        paging.decode(paging.encode("a\0b"), str)
