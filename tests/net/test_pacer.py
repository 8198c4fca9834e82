"""The pacer: connects at a limited rate, and a single one while the server is away."""

from __future__ import annotations

import asyncio

import pytest

from odoochat.core.token_bucket import TokenBucket
from odoochat.errors import BadCredentials, Blocked, TimedOut, Unreachable
from odoochat.net.pacer import Pacer


def test_a_bucket_gives_credit_in_order():
    bucket = TokenBucket(10.0, burst=2.0)
    assert [round(bucket.take(5.0), 6) for _ in range(4)] == [0.0, 0.0, 0.1, 0.2]
    assert bucket.take(5.3) == pytest.approx(0.0)
    assert bucket.take(100.0) == 0.0


def test_a_bucket_needs_a_rate():
    with pytest.raises(ValueError, match="must be positive"):
        TokenBucket(0.0)


def pacer(rate: float = 1000.0, cap: float = 0.05, at_once: int = 100) -> Pacer:
    return Pacer("odoo", rate=rate, at_once=at_once, cap=cap, rng=lambda: 1.0)


async def attempt(paced: Pacer, error: Exception | None, begun: list[float], meanwhile: asyncio.Event | None = None):
    async with paced.turn():
        begun.append(asyncio.get_running_loop().time())
        if meanwhile is not None:
            await meanwhile.wait()
        if error is not None:
            raise error


async def test_connects_keep_the_rate():
    paced, begun = pacer(rate=50.0), list[float]()
    await asyncio.gather(*(attempt(paced, None, begun) for _ in range(11)))
    assert begun == sorted(begun)
    assert begun[-1] - begun[0] >= 10 / 50.0 - 0.005


async def test_a_slow_server_gets_few_at_once():
    paced, begun, answers = pacer(at_once=3), list[float](), asyncio.Event()
    trying = [asyncio.create_task(attempt(paced, None, begun, answers)) for _ in range(10)]
    async with asyncio.timeout(30):
        while len(begun) < 3:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    assert len(begun) == 3
    trying[4].cancel()
    answers.set()
    await asyncio.gather(*trying, return_exceptions=True)
    assert len(begun) == 9
    await attempt(paced, None, begun)


@pytest.mark.parametrize("error", [Unreachable("refused"), Blocked("gateway", status=502)])
async def test_a_single_one_tries_while_the_server_is_away(error):
    paced, begun, answers = pacer(), list[float](), asyncio.Event()
    with pytest.raises(type(error)):
        await attempt(paced, error, begun)
    assert paced.away
    trying = [asyncio.create_task(attempt(paced, None, begun, answers)) for _ in range(20)]
    async with asyncio.timeout(30):
        while len(begun) < 2:
            await asyncio.sleep(0.005)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(begun) == 2
    answers.set()
    await asyncio.gather(*trying)
    assert len(begun) == 21
    assert not paced.away


async def test_the_next_one_tries_when_the_probe_fails_or_is_cancelled():
    paced, begun = pacer(), list[float]()
    with pytest.raises(Unreachable):
        await attempt(paced, Unreachable("refused"), begun)
    stuck = asyncio.create_task(attempt(paced, None, begun, asyncio.Event()))
    failing = asyncio.create_task(attempt(paced, Unreachable("refused"), begun))
    working = asyncio.create_task(attempt(paced, None, begun))
    async with asyncio.timeout(30):
        while len(begun) < 2:
            await asyncio.sleep(0.005)
        stuck.cancel()
        await asyncio.gather(failing, return_exceptions=True)
        assert paced.away
        await working
    assert not paced.away


@pytest.mark.parametrize("error", [BadCredentials("no"), TimedOut("slow"), ZeroDivisionError()])
async def test_the_trouble_of_one_keeps_no_other_waiting(error):
    paced, begun = pacer(), list[float]()
    with pytest.raises(type(error)):
        await attempt(paced, error, begun)
    assert not paced.away
    await attempt(paced, None, begun)
