"""What all tests share."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--odoo` is what `make test-odoo` gives: then a real server that is missing is a failure."""
    parser.addoption("--odoo", action="store_true", help="run what needs real Odoo servers")
