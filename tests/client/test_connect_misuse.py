"""`connect(…)` used in other ways than `async with` and `await`."""

from __future__ import annotations

import copy
import gc
import math
import warnings
from typing import Any

import pytest

import odoochat
from odoochat import UsageError
from odoochat.sandbox import Sandbox

HOW = r"async with odoochat\.connect"


def unused() -> odoochat.connect:
    made = odoochat.connect("http://127.0.0.1:1", login="a", password="s3cret-word")
    made._entered = True  # the warning has a test of its own
    return made


@pytest.mark.parametrize("name", ["channel", "channels", "me", "events", "close", "people", "no_such_thing"])
def test_a_verb_of_the_client(name: str) -> None:
    with pytest.raises(UsageError, match=HOW):
        getattr(unused(), name)


def test_a_plain_with() -> None:
    with pytest.raises(UsageError, match=HOW), unused():
        pass


def test_a_plain_loop() -> None:
    with pytest.raises(UsageError, match=HOW):
        list(unused())


def test_tools_that_look_at_it_are_not_disturbed() -> None:
    made = unused()
    assert not hasattr(made, "channel")
    assert not hasattr(made, "__wrapped__")
    assert copy.copy(made)._entered
    assert "s3cret-word" not in repr(made)


def test_what_was_never_entered_says_so() -> None:
    made = odoochat.connect("http://127.0.0.1:1", login="a", password="b")
    with pytest.warns(RuntimeWarning, match=HOW):
        del made


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"presence": "busy"}, "presence must be online, away or None, not 'busy'; see also people.set_status"),
        ({"timeout": 0}, "timeout must be a number of seconds above 0, not 0"),
        ({"timeout": -1.0}, "timeout must be a number of seconds above 0, not -1.0"),
        ({"timeout": math.nan}, "timeout must be a number of seconds above 0, not nan"),
        ({"timeout": math.inf}, "timeout must be a number of seconds above 0, not inf"),
        ({"timeout": "20"}, "timeout must be a number of seconds above 0, not '20'"),
        ({"timeout": None}, "timeout must be a number of seconds above 0, not None"),
        ({"patience": -1}, "patience must be a number of seconds, 0 or more, or None, not -1"),
        ({"patience": math.nan}, "patience must be a number of seconds, 0 or more, or None, not nan"),
        ({"patience": "1"}, "patience must be a number of seconds, 0 or more, or None, not '1'"),
    ],
)
def test_a_wrong_value_is_named(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(odoochat.ConfigError) as caught:
        odoochat.connect("http://127.0.0.1:1", login="a", password="b", **arguments)
    assert str(caught.value) == text


def test_what_could_not_be_made_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for arguments in ({"transport": "pigeon"}, {"rpc": "pigeon"}, {"no_such": 1}):
            with pytest.raises((odoochat.ConfigError, TypeError)):
                odoochat.connect("http://127.0.0.1:1", **arguments)
        gc.collect()


async def test_what_was_used_warns_of_nothing() -> None:
    async with Sandbox(19) as box:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            alice = await odoochat.connect(box.url, db=box.db, login="alice", password="alice", live=False)
            await alice.close()
            with pytest.raises(odoochat.OdooChatError):
                await odoochat.connect("http://127.0.0.1:1", login="a", password="b")
            gc.collect()
