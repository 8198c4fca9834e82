"""The pytest plugin, which provides the fixture `odoo_sandbox`: a running sandbox with clients.

pytest loads this module in every run where odoochat is installed, so it defers heavy imports until the fixture is
used. The fixture itself is synchronous: it works in plain tests, with pytest-asyncio in both modes, and with anyio.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from odoochat.sandbox.fixture import SandboxFixture, running_sandbox

__all__ = ["SandboxFixture"]

FIXTURE = "odoo_sandbox"


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin's markers.

    Args:
        config: the pytest configuration.
    """
    config.addinivalue_line("markers", "odoo_sandbox(version, **options): arguments of Sandbox, e.g. seeding='bare'")
    config.addinivalue_line("markers", "odoo_versions(*versions): run the test once per Odoo version")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize tests marked with `odoo_versions`.

    Args:
        metafunc: the test being collected.
    """
    marker = metafunc.definition.get_closest_marker("odoo_versions")
    if marker is None or FIXTURE not in metafunc.fixturenames:
        return
    name = metafunc.definition.nodeid
    versions = [each for each in marker.args if isinstance(each, (int, float)) and not isinstance(each, bool)]
    if not versions or len(versions) < len(marker.args) or marker.kwargs:
        pytest.fail(f"{name}: pass the versions as numbers, e.g. @pytest.mark.odoo_versions(14, 19)", pytrace=False)
    if "version" in _options(metafunc.definition):
        pytest.fail(f"{name}: both odoo_sandbox and odoo_versions set the version; remove one of them", pytrace=False)
    metafunc.parametrize(FIXTURE, versions, indirect=True, ids=[f"odoo{each:g}" for each in versions])


def _options(node: Any) -> dict[str, Any]:
    """Return the arguments of a test's `odoo_sandbox` marker."""
    marker = node.get_closest_marker(FIXTURE)
    if marker is None:
        return {}
    if len(marker.args) > 1:
        pytest.fail(f"{node.nodeid}: pass the arguments of odoo_sandbox after the version by keyword", pytrace=False)
    return {**dict(zip(("version",), marker.args, strict=False)), **marker.kwargs}


@pytest.fixture
def odoo_sandbox(request: pytest.FixtureRequest) -> Iterator[SandboxFixture]:
    """A running sandbox with the users ann, bob, alice, carol, dave and admin; each user's password is their login.

    If the fixture is parametrized, the parameter is the Odoo version.

    Args:
        request: the test's fixture request.
    """
    options = _options(request.node)
    if (version := getattr(request, "param", None)) is not None:
        options["version"] = version
    with ExitStack() as stack:
        try:
            box = stack.enter_context(running_sandbox(**options))
        except (TypeError, ValueError) as error:  # invalid marker arguments
            pytest.fail(f"{request.node.nodeid}: {error}", pytrace=False)
        yield box
