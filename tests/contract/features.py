"""Ties contract tests to the table of features: what it promises is tried, what it denies must be refused."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from odoochat import ApiKeyOnly, NotSupported
from odoochat.events import Event
from odoochat.wire.versions.features import FEATURES, has

E = TypeVar("E", bound=Event)


def covers(*names: str) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    """Marks a test as the proof of features. It runs for each login on each server: where the table has no tick, the
    test must end in the one clear error."""
    assert not set(names) - set(FEATURES), names

    def decorate(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        @functools.wraps(test)
        async def checked(**fixtures: Any) -> None:
            version, by = fixtures["server"].version, fixtures["by"]
            lacking = [n for n in names if not has(n, version, by)]
            if not lacking:
                await test(**fixtures)
                return
            with pytest.raises((NotSupported, ApiKeyOnly)) as caught:
                await test(**fixtures)
            if has(lacking[0], version, "session"):
                assert isinstance(caught.value, ApiKeyOnly)
                assert "password" in str(caught.value)
            else:
                assert isinstance(caught.value, NotSupported)
                assert f"Odoo {caught.value.since}" in str(caught.value)

        checked.features = names  # type: ignore[attr-defined]
        return checked

    return decorate


def covers_guest(*names: str) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    """Marks a test as the proof that guests have these features; it ends in NotSupported where no version lets them."""
    assert all(FEATURES[n].guest for n in names), names

    def decorate(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        @functools.wraps(test)
        async def checked(**fixtures: Any) -> None:
            if all(has(n, fixtures["server"].version, "guest") for n in names):
                await test(**fixtures)
                return
            with pytest.raises((NotSupported, ApiKeyOnly)):
                await test(**fixtures)

        checked.guest_features = names  # type: ignore[attr-defined]
        return checked

    return decorate


async def until(received: Any, kind: type[E], *, where: Callable[[E], object] = lambda _: True) -> E:
    """The next event of a kind that fits; skips others."""
    while True:
        event = await received.get(25)
        if isinstance(event, kind) and where(event):
            return event
