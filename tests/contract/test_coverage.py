"""Each tick in the table of features has a contract test."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from odoochat.errors import ApiKeyOnly, NotSupported
from odoochat.wire.versions.features import FEATURES, Feature, has, require
from odoochat.wire.versions.registry import MAJORS
from tests.contract.conftest import VERSIONS

HERE = Path(__file__).parent


def proofs(mark: str) -> dict[str, list[str]]:
    """The tests of each feature."""
    found: dict[str, list[str]] = {}
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(f"tests.contract.{path.stem}")
        for name, test in vars(module).items():
            for feature in getattr(test, mark, ()):
                found.setdefault(feature, []).append(f"{path.name}::{name}")
    return found


def test_each_feature_has_a_test() -> None:
    assert set(proofs("features")) == set(FEATURES)


def test_each_feature_of_guests_has_a_test() -> None:
    assert set(proofs("guest_features")) == {f.name for f in FEATURES.values() if f.guest}


def test_each_version_is_played() -> None:
    assert tuple(VERSIONS) == tuple(MAJORS)


@pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda f: f.name)
def test_what_a_login_can_a_session_can(feature: Feature) -> None:
    for major in MAJORS:
        if has(feature.name, major, "key") or has(feature.name, major, "guest"):
            assert has(feature.name, major, "session")


def test_what_is_lacking_names_who_has_it() -> None:
    with pytest.raises(NotSupported, match="Odoo 17 or later; this server is Odoo 14.0") as old:
        require("mute", 14, "session", "14.0")
    assert old.value.since == 17
    with pytest.raises(ApiKeyOnly, match="log in with a password"):
        require("react", 19, "key", "19.0")
    with pytest.raises(ApiKeyOnly, match="not available to guests"):
        require("star", 19, "guest", "19.0")
