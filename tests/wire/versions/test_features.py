"""Which version and login has a feature, and how the errors for the others are worded."""

from __future__ import annotations

import re

import pytest

from odoochat.errors import ApiKeyOnly, NotSupported
from odoochat.wire.versions.features import FEATURES, Login, has, require


@pytest.mark.parametrize(
    ("name", "major", "login", "expected"),
    [
        ("react", 14, "session", False),
        ("react", 15, "session", True),
        ("react", 19, "key", False),  # no version has it for keys
        ("react", 15, "guest", False),
        ("react", 16, "guest", True),
        ("reactions", 17, "key", True),
        ("reactions", 18, "key", False),
        ("star", 20, "key", False),
    ],
)
def test_has(name: str, major: int, login: Login, expected: bool) -> None:
    assert has(name, major, login) is expected


def test_every_feature_belongs_to_a_section() -> None:
    assert {feature.part for feature in FEATURES.values()} == {
        "Messages", "Conversations", "Attention", "Records", "Files"
    }  # fmt: skip
    assert all(name == feature.name for name, feature in FEATURES.items())


def test_a_feature_that_is_there_is_not_refused() -> None:
    require("react", 15, "session", "15.0")
    require("reactions", 17, "key", "17.0")


def test_a_version_without_the_feature() -> None:
    with pytest.raises(NotSupported, match=re.escape("needs Odoo 15 or later; this server is Odoo 14.0")) as caught:
        require("react", 14, "session", "14.0")
    assert caught.value.since == 15


@pytest.mark.parametrize(
    ("name", "major", "message"),
    [
        ("react", 19, "needs a session on Odoo 19.0, which an API key cannot open; log in with a password"),
        ("star", 20, "log in with a password (an API key alone is enough on Odoo 14 to 19)"),
        ("create", 13, "needs Odoo 14 or later"),
    ],
)
def test_a_login_without_the_feature(name: str, major: int, message: str) -> None:
    with pytest.raises((ApiKeyOnly, NotSupported), match=re.escape(message)):
        require(name, major, "key", f"{major}.0")


def test_guests_are_refused_with_the_way_to_log_in() -> None:
    with pytest.raises(ApiKeyOnly, match="is not available to guests; log in with an account"):
        require("pin", 19, "guest", "19.0")
