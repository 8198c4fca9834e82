"""Which channel a reference means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.channel_matching import match_channel, matching_channels
from odoochat.errors import NotFound, UsageError
from odoochat.model import ChannelInfo


def infos(*names: str, kind: Any = "channel") -> list[ChannelInfo]:
    return [ChannelInfo(id=number, name=name, kind=kind) for number, name in enumerate(names, 1)]


@pytest.mark.parametrize("ref", ["#odd", "odd", "##odd", "#ODD", "Odd", "##Odd", " #odd "])
def test_a_channel_with_a_hash_in_its_name(ref: str) -> None:
    assert match_channel(ref, infos("general", "#odd", "oddity")).name == "#odd"


@pytest.mark.parametrize(
    ("ref", "name"),
    [("odd", "odd"), ("#odd", "#odd"), ("##odd", "##odd"), ("###odd", "##odd"), ("ODD", "ODD"), ("#ODD", "ODD")],
)
def test_the_nearest_reading_wins(ref: str, name: str) -> None:
    assert match_channel(ref, infos("##odd", "#odd", "odd", "ODD")).name == name


def test_an_id_wins_over_a_name_of_digits() -> None:
    there = infos("2", "first", "2026")
    assert match_channel("2", there).name == "first"
    assert match_channel(3, there).name == "2026"
    assert match_channel("2026", there).name == "2026"
    assert match_channel("#2", there).name == "2"
    assert match_channel("#3", there).name == "2026"


@pytest.mark.parametrize("ref", ["", "#", "##", "@", "nowhere", "9" * 5000, "²", "#" * 5000, -1, 2**70])
def test_what_is_nothing(ref: str | int) -> None:
    with pytest.raises(NotFound, match="your channels"):
        match_channel(ref, [*infos("general", "#odd"), ChannelInfo(id=7, name="", kind="channel")])


def test_several_are_named_by_their_ids() -> None:
    with pytest.raises(UsageError, match=r"1 \(channel\), 2 \(channel\)"):
        match_channel("#twin", infos("twin", "twin"))


def test_a_channel_called_hash() -> None:
    assert match_channel("#", infos("general", "#")).name == "#"
    assert match_channel("##", infos("general", "#")).name == "#"


def test_a_near_name_is_offered() -> None:
    with pytest.raises(NotFound, match="did you mean 'general'"):
        match_channel("#genral", infos("sales", "general"))


def test_a_direct_chat_by_its_name() -> None:
    there = [*infos("bob"), ChannelInfo(id=9, name="Bob", kind="chat")]
    assert match_channel("@bob", there).id == 9


def test_letters_that_are_written_in_two_ways() -> None:
    assert match_channel("#cafe\u0301", infos("Café")).id == 1


@given(st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=6), st.data())
def test_each_channel_is_found_by_its_own_name(names: list[str], data: st.DataObject) -> None:
    there = infos(*names)
    if there:
        wanted = data.draw(st.sampled_from(there))
        found = matching_channels(wanted.name, there)
        assert wanted in found or any(str(i.id) == wanted.name for i in found)


@pytest.mark.parametrize("ref", ["ODD", "#ODD", "##ODD"])
def test_case_is_folded_after_the_exact_readings(ref: str) -> None:
    assert match_channel(ref, infos("xx", "Odd")).name == "Odd"
    assert match_channel(ref, infos("#Odd")).name == "#Odd"


def test_a_reading_with_a_hash_wins_over_one_without() -> None:
    assert match_channel("#ODD", infos("odd", "#odd")).name == "#odd"
    assert match_channel("#ODD", infos("##odd", "odd")).name == "odd", "one hash is removed before all are"
    assert match_channel("ODD#", infos("odd", "odd#")).name == "odd#"


def test_hashes_at_the_end_and_letters_are_a_part_of_the_name() -> None:
    for ref, name in (("#odd", "odd#"), ("odd", "Xodd"), ("##odd", "odd#")):
        with pytest.raises(NotFound):
            match_channel(ref, infos(name))


def test_an_id_may_have_eighteen_digits() -> None:
    there = [ChannelInfo(int("9" * 18), "far")]
    assert match_channel("9" * 18, there).name == "far"
    assert matching_channels("9" * 19, there) == []


def test_the_error_lists_the_users_channels() -> None:
    with pytest.raises(NotFound) as caught:
        match_channel("nowhere", infos("sales", "general"))
    assert str(caught.value) == "no channel 'nowhere'; your channels: sales, general"
    assert caught.value.name == "channel"
    with pytest.raises(NotFound) as caught:
        match_channel(7, [])
    assert str(caught.value) == "no channel 7; your channels: none"


@pytest.mark.parametrize(
    ("ref", "there", "offered"),
    [
        ("#genral", ["gexeral", "general"], "'general'"),
        ("genral#", ["#general"], "'#general'"),
        ("##salles", ["sales"], "'sales'"),
        ("gxxerx", ["general"], None),
    ],
)
def test_the_nearest_name_is_offered(ref: str, there: list[str], offered: str | None) -> None:
    with pytest.raises(NotFound) as caught:
        match_channel(ref, infos(*there))
    expected = f" (did you mean {offered}?)" if offered else ""
    assert str(caught.value).startswith(f"no channel {ref!r}{expected}; ")


@pytest.mark.parametrize(
    ("ref", "name", "offered"),
    [
        ("lags", "####logs", True),  # hashes at the start do not count as a difference
        ("####lags", "logs", True),
        ("lags", "logs####", False),
        ("gexxralx", "general", False),  # two thirds of the letters are too few
    ],
)
def test_how_near_an_offered_name_is(ref: str, name: str, offered: bool) -> None:
    with pytest.raises(NotFound) as caught:
        match_channel(ref, infos(name))
    assert ("did you mean" in str(caught.value)) is offered
