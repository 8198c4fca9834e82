"""What all tests share."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# Tests assert no absolute times: on a busy machine a single example may take a second.
settings.register_profile("odoochat", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("odoochat")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--odoo` is what `make test-odoo` gives: then a real server that is missing is a failure."""
    parser.addoption("--odoo", action="store_true", help="run what needs real Odoo servers")
