"""The archive: searches in a million messages, synchronization and export of a hundred thousand."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from odoochat.archive.archive import Archive
from odoochat.model import Author, ChannelInfo, ChannelRef, Message

MESSAGES = 1_000_000
SYNCED = 100_000
QUERIES = 400
VOCABULARY = 60_000
CHANNELS, AUTHORS = 40, 300
AT_ONCE = 5_000
BEGUN = datetime(2019, 1, 1, tzinfo=UTC)
_LETTERS = "etaoinshrdlucmfwypvbgkqjxz"


class Corpus:
    """Messages whose words are as frequent as in a natural language: the n-th most frequent one with 1/n.

    Args:
        seed: makes the same corpus again.
    """

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self.words = self._vocabulary()
        self._weights = [*accumulate(1 / (rank + 2) for rank in range(len(self.words)))]
        self._channels = [ChannelRef(n, f"channel {n}") for n in range(1, CHANNELS + 1)]
        self._authors = [Author(n, "partner", f"Person {n}") for n in range(1, AUTHORS + 1)]

    def _vocabulary(self) -> list[str]:
        found: dict[str, None] = {}
        while len(found) < VOCABULARY:
            size = min(2 + len(found) // 60 + self._random.randrange(3), 4 + self._random.randrange(8))
            found["".join(self._random.choices(_LETTERS, weights=range(26, 0, -1), k=size))] = None
        return [*found]

    def text(self) -> str:
        """Return the text of a message: 3 to 27 words."""
        return " ".join(self._random.choices(self.words, cum_weights=self._weights, k=self._random.randint(3, 27)))

    def messages(self, count: int) -> Iterator[Message]:
        """Yield messages, two minutes after each other."""
        for number in range(1, count + 1):
            text = self.text()
            channel, author = self._random.choice(self._channels), self._random.choice(self._authors)
            yield Message(number, channel, author, text, f"<p>{text}</p>", BEGUN + timedelta(minutes=2 * number))

    def query(self) -> str:
        """Return two words of different ranks, as users search: neither the commonest nor the rarest."""
        ranks = [int(self._random.triangular(20, 5_000, 100)) for _ in range(2)]
        return " ".join(self.words[rank] for rank in ranks)


async def fill(archive: Archive, corpus: Corpus, count: int) -> None:
    """Store messages, many at once."""
    await archive.keep([], [ChannelInfo(n, f"channel {n}") for n in range(1, CHANNELS + 1)])
    waiting: list[Message] = []
    for message in corpus.messages(count):
        waiting.append(message)
        if len(waiting) == AT_ONCE:
            await archive.keep(waiting)
            waiting.clear()
    await archive.keep(waiting)


async def searches(archive: Archive, corpus: Corpus, change: str = "{} {}") -> list[float]:
    """Measure searches, in milliseconds."""
    taken: list[float] = []
    for _ in range(QUERIES):
        query = change.format(*corpus.query().split())
        begun = time.perf_counter()
        await archive.search(query, 50)
        taken.append((time.perf_counter() - begun) * 1000)
    return taken
