"""What is kept of many keys, and which are forgotten."""

from __future__ import annotations

from odoochat.core.last_known import LastKnown


def test_the_keys_that_were_set_longest_ago_are_forgotten() -> None:
    known: LastKnown[str, int] = LastKnown(2)
    known["a"], known["b"] = 1, 2
    known["a"] = 3
    known["c"] = 4
    assert list(known.items()) == [("a", 3), ("c", 4)]
    assert (known.get("b", 0), known.get("a", 0), len(known)) == (0, 3, 2)


def test_a_key_is_removed() -> None:
    known: LastKnown[str, int] = LastKnown(2)
    known["a"] = 1
    known.discard("a")
    known.discard("b")
    assert len(known) == 0


def test_a_key_that_is_used_is_kept_like_one_that_was_set() -> None:
    known: LastKnown[str, int] = LastKnown(3, [("a", 1)])
    assert known.use("a") == 1
    known["b"] = 2
    assert (known.use("a"), known.use("x")) == (1, None)
    assert list(known.items()) == [("b", 2), ("a", 1)]
    known["c"], known["d"] = 3, 4
    assert list(known.items()) == [("a", 1), ("c", 3), ("d", 4)]
