"""Searches of messages narrow their candidates by what all terms require, and find the same messages."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.sandbox.orm.queries import _bounds


@pytest.mark.parametrize(
    ("domain", "ids", "above", "records"),
    [
        ([], None, 0, None),
        ([["id", "in", [3, 4]], ["id", ">", 2]], [3, 4], 2, None),
        ([["res_id", "in", [7]], "|", ["id", ">", 5], ["id", "in", [1]]], None, 0, [7]),
        (["&", ["res_id", "in", (7, 8)], "|", "&", ["id", ">", 5], ["id", ">", 6], ["id", "in", [1]]], None, 0, [7, 8]),
        (["|", ["res_id", "in", [7]], ["id", ">", 5], ["id", ">", 4]], None, 4, None),
        (["!", ["res_id", "in", [7]], ["id", ">", 4]], None, 4, None),
        (["|", "!", ["id", ">", 9], ["res_id", "in", [7]], ["id", ">", 4]], None, 4, None),
        ([["res_id", "in", [False]]], None, 0, None),
        ([["res_id", "=", 7]], None, 0, None),
    ],
)
def test_only_terms_that_hold_for_every_message_narrow(domain: Any, ids: Any, above: int, records: Any) -> None:
    assert tuple(_bounds(domain)) == (ids, above, records)
