"""Which process serves an account, decided without a clock or a broker."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from odoochat.relay.brokers.broker import Conflict, Entry
from odoochat.relay.claims import Claim, LeaseLost, store_key, try_claim
from odoochat.relay.peers import Peers

ITEMS = [f"account.user{number}" for number in range(200)]


class MemoryStore:
    """A store whose acknowledgements can get lost."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.lose_next = False

    async def read(self, key: str) -> Entry | None:
        return self.entries.get(key)

    async def read_many(self, keys: Sequence[str]) -> list[Entry | None]:
        return [await self.read(key) for key in keys]

    async def write(self, key: str, value: bytes, revision: int | None) -> int:
        now = self.entries[key].revision if key in self.entries else 0
        if revision is not None and revision != now:
            raise Conflict(key)
        self.entries[key] = Entry(value, now + 1)
        if self.lose_next:
            self.lose_next = False
            raise ConnectionError("the acknowledgement was lost")
        return now + 1

    async def delete(self, key: str) -> None:
        self.entries.pop(key, None)

    async def remember(self, key: str, value: bytes) -> None:
        await self.write(key, value, None)

    async def recall(self, key: str) -> bytes | None:
        return self.entries[key].value if key in self.entries else None


def test_each_item_has_one_process_and_the_shares_are_even():
    a, b, c = (Peers(name, lease=5) for name in "abc")
    counters = dict.fromkeys("abc", 1)
    for peers in (a, b, c):
        peers.saw(counters, 0.0)
    shares = [peers.share(ITEMS) for peers in (a, b, c)]
    assert sum(map(len, shares)) == len(set().union(*shares)) == len(ITEMS)
    assert all(len(share) > 40 for share in shares)


def test_only_the_items_of_a_dead_process_move():
    a, b = Peers("a", lease=5), Peers("b", lease=5)
    a.saw({"a": 1, "b": 1, "c": 1}, 0.0)
    b.saw({"a": 1, "b": 1, "c": 1}, 0.0)
    before = a.share(ITEMS), b.share(ITEMS)
    a.saw({"a": 6, "b": 6, "c": 1}, 5.0)
    b.saw({"a": 6, "b": 6, "c": 1}, 5.0)
    assert a.alive() == b.alive() == ["a", "b"]
    assert before[0] < a.share(ITEMS)
    assert before[1] < b.share(ITEMS)
    assert a.share(ITEMS) | b.share(ITEMS) == set(ITEMS)


def test_a_process_is_alive_until_its_number_stands_still_for_a_lease():
    peers = Peers("a", lease=5)
    peers.saw({"b": 7}, 100.0)
    peers.saw({"b": 7}, 104.9)
    assert peers.is_alive("b")
    peers.saw({"b": 7}, 105.0)
    assert not peers.is_alive("b")
    assert peers.is_alive("a")
    peers.saw({"b": 8}, 106.0)
    assert peers.is_alive("b")


def test_the_silence_of_a_broker_kills_no_process():
    peers = Peers("a", lease=5)
    peers.saw({"b": 7}, 0.0)
    peers.interrupted(60.0)
    peers.saw({"b": 7}, 61.0)
    assert peers.is_alive("b")
    peers.saw({"b": 7}, 65.5)
    assert not peers.is_alive("b")


def test_a_process_that_is_long_dead_can_be_forgotten():
    peers = Peers("a", lease=5)
    peers.saw({"b": 7}, 0.0)
    peers.saw({"b": 7}, 49.0)
    assert peers.dead() == set()
    peers.saw({"b": 7}, 50.0)
    assert peers.dead() == {"b"}


async def test_a_claim_of_a_living_process_is_left_alone_and_that_of_a_dead_one_is_taken():
    store, a, b = MemoryStore(), Peers("a", lease=5), Peers("b", lease=5)
    b.saw({"a": 1}, 0.0)
    claim, before = await claimed(store, a)
    assert before == ""
    await claim.save(b"position 1")
    assert await try_claim(store, "account.x", b) is None
    b.saw({"a": 1}, 5.0)
    taken, before = await claimed(store, b)
    assert (taken.position, before) == (b"position 1", "a")
    with pytest.raises(LeaseLost):
        await claim.save(b"position 2")
    assert claim.lost.is_set()
    assert (await claimed(store, b))[0].position == b"position 1"


async def test_a_save_whose_acknowledgement_was_lost_does_not_look_like_another_process():
    store, a = MemoryStore(), Peers("a", lease=5)
    claim, _ = await claimed(store, a)
    store.lose_next = True
    with pytest.raises(ConnectionError):
        await claim.save(b"position 1")
    await claim.save(b"position 2")
    assert not claim.lost.is_set()
    await claim.release()
    taken, before = await claimed(store, Peers("b", lease=5))
    assert (taken.position, before) == (b"position 2", "")


async def claimed(store: MemoryStore, peers: Peers) -> tuple[Claim, str]:
    found = await try_claim(store, "account.x", peers)
    assert found is not None
    return found


def test_keys_hold_only_characters_that_every_store_allows():
    assert store_key("account", "bob@example.com") == "account.bob=40example=2Ecom"
    assert store_key("account", "é b") == "account.=C3=A9=20b"
    assert store_key("account", "a.b") != store_key("account", "a=2Eb")
