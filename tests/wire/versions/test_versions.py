"""Versions, and the dialect for each."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.errors import ProtocolError
from odoochat.model import Version
from odoochat.wire.values import parse_version
from odoochat.wire.versions.registry import dialect_for


@pytest.mark.parametrize(
    ("info", "text", "version"),
    [
        ([14, 0, 0, "final", 0, ""], "14.0", Version(14)),
        ([19, 0, 0, "final", 0, ""], "19.0", Version(19)),
        ([19, 0, 0, "final", 0, "e"], "19.0+e", Version(19)),
        (["saas~18", 5, 0, "final", 0, "e"], "saas~18.5+e", Version(18, 5)),
        (["saas-17", 4, 0, "final", 0, ""], "", Version(17, 4)),
        (["saas-19.3", 0], "", Version(19, 0)),
        ([17], "", Version(17)),
        ([17, "x"], "", Version(17)),
        (None, "saas~18.5+e", Version(18, 5)),
        (None, "16.0-20240101", Version(16)),
        ([], "20.0", Version(20)),
        (["nonsense"], "15.0", Version(15)),
        (False, "18", Version(18)),
    ],
)
def test_a_version_is_read(info: object, text: object, version: Version) -> None:
    assert parse_version(info, text) == version


@pytest.mark.parametrize(
    ("info", "text"),
    [
        (None, ""),
        ([], ""),
        ([None], "odoo"),
        ({}, None),
        ("", 19),
        (["9" * 5000, 0], ""),
        (["saas~" + "9" * 5000, 1], ""),
        ([], "9" * 5000),
        ([10**30], ""),
        ([-5, 0], ""),
        ([True], ""),
        ([["["] * 100_000], ""),
    ],
)
def test_no_version_is_said_so(info: object, text: object) -> None:
    with pytest.raises(ProtocolError, match="sent no version"):
        parse_version(info, text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=3), v, max_size=2),
    max_leaves=6,
)


@given(json_values, json_values)
def test_any_answer_gives_a_version_or_a_protocol_error(info: object, text: object) -> None:
    with contextlib.suppress(ProtocolError):
        assert isinstance(parse_version(info, text), Version)


@pytest.mark.parametrize(
    ("version", "major"),
    [
        (Version(14), 14),
        (Version(14, 3), 15),
        (Version(15), 15),
        (Version(15, 2), 16),
        (Version(16), 16),
        (Version(16, 4), 17),
        (Version(17), 17),
        (Version(17, 4), 18),
        (Version(18), 18),
        (Version(18, 3), 18),
        (Version(18, 4), 19),
        (Version(18, 5), 19),
        (Version(19), 19),
        (Version(19, 2), 19),
        (Version(19, 3), 20),
        (Version(20), 20),
        (Version(23), 20),
    ],
)
def test_the_dialect_for_a_version(version: Version, major: int) -> None:
    chosen = dialect_for(version)
    assert chosen.table.major == major
    assert chosen.version == version


@pytest.mark.parametrize("version", [Version(13), Version(8), Version(0)])
def test_a_version_before_14_is_refused(version: Version) -> None:
    with pytest.raises(ProtocolError, match="too old"):
        dialect_for(version)
