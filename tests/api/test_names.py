"""The public names are listed, sorted and complete; importing them stays light."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import odoochat
from odoochat import errors


def test_all_is_sorted_and_complete():
    assert list(odoochat.__all__) == sorted(odoochat.__all__)
    for name in odoochat.__all__:
        assert getattr(odoochat, name) is not None
    for home in ("errors", "events", "model"):
        module = importlib.import_module(f"odoochat.{home}")
        assert set(module.__all__) <= set(odoochat.__all__), home
    assert set(dir(odoochat)) >= set(odoochat.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        odoochat.nothing  # noqa: B018


def test_every_module_lists_what_it_offers():
    for info in pkgutil.walk_packages(odoochat.__path__, "odoochat."):
        module = importlib.import_module(info.name) if info.name != "odoochat.__main__" else None
        for name in getattr(module, "__all__", ()):
            assert hasattr(module, name), f"{info.name}.{name}"


def test_public_functions_and_classes_are_documented():
    for name in odoochat.__all__:
        thing = getattr(odoochat, name)
        if not inspect.isclass(thing):
            continue
        assert thing.__doc__, name
        for method, value in vars(thing).items():
            if not method.startswith("_") and inspect.isfunction(value):
                assert value.__doc__, f"{name}.{method}"


def test_the_docstring_of_errors_lists_all_of_them():
    assert errors.__doc__ is not None
    for name in errors.__all__:
        if not name.endswith("Cause"):  # a Literal
            assert name in errors.__doc__, name
            assert issubclass(getattr(errors, name), errors.OdooChatError)


def loaded(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
    )
    return set(done.stdout.split())


def test_the_bare_import_loads_next_to_nothing():
    modules = loaded("import odoochat")
    assert not modules & {"asyncio", "aiohttp", "msgspec", "odoochat.client", "odoochat.wire"}


def test_values_wire_and_core_open_no_sockets():
    modules = loaded(
        "import odoochat.core.link, odoochat.core.catchup, odoochat.wire.versions.registry, odoochat.events"
    )
    assert not modules & {"asyncio", "aiohttp", "socket"}


def test_the_library_loads_no_screen():
    modules = loaded("import odoochat; odoochat.connect; odoochat.Client")
    assert not modules & {"cyclopts", "rich", "textual", "sqlite3", "markdown_it", "keyring"}


def test_every_public_name_is_used_in_the_typing_test():
    text = (Path(__file__).parent.parent.parent / "typing" / "api.py").read_text("utf-8")
    assert [name for name in odoochat.__all__ if not re.search(rf"\b{name}\b", text)] == []


def test_no_public_class_has_more_than_25_methods():
    for name in odoochat.__all__:
        thing = getattr(odoochat, name)
        if inspect.isclass(thing) and thing.__module__.startswith("odoochat.client"):
            own = [c for c in thing.__mro__ if c.__module__.startswith("odoochat.")]
            assert len({m for c in own for m in vars(c) if callable(vars(c)[m]) and not m.startswith("__")}) <= 25, name
