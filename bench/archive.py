"""The archive.

Searches in a million messages, and synchronization and export of fifty thousand, without Odoo.

Word frequencies are those of a natural language, and searches use words of medium frequency. The sandbox reads only the
rows of a page, like a database with an index.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from bench.figures import Figure, p95
from odoochat.archive.archive import Archive
from odoochat.model import Author, ChannelInfo, ChannelRef, Message

MESSAGES, SYNCED = 1_000_000, 50_000
QUERIES = 400
VOCABULARY = 60_000
CHANNELS, AUTHORS = 40, 300
AT_ONCE = 5_000
BEGUN = datetime(2019, 1, 1, tzinfo=UTC)
_LETTERS = "etaoinshrdlucmfwypvbgkqjxz"


class Corpus:
    """Messages with the word frequencies of a natural language: 1/n for the n-th most frequent word.

    Args:
        seed: the random seed; the same seed gives the same corpus.
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
        """Yield messages, two minutes apart."""
        for number in range(1, count + 1):
            text = self.text()
            channel, author = self._random.choice(self._channels), self._random.choice(self._authors)
            yield Message(number, channel, author, text, f"<p>{text}</p>", BEGUN + timedelta(minutes=2 * number))

    def query(self) -> str:
        """Return two words of different frequency, neither among the most common nor among the rarest."""
        ranks = [int(self._random.triangular(20, 5_000, 100)) for _ in range(2)]
        return " ".join(self.words[rank] for rank in ranks)


async def fill(archive: Archive, corpus: Corpus, count: int) -> None:
    """Store messages in batches."""
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


async def search_figures(folder: Path, count: int) -> list[Figure]:
    """Measure searches for two words, with and without filters."""
    corpus = Corpus()
    async with Archive(folder / "searched.sqlite") as archive:
        await fill(archive, corpus, count)
        await searches(archive, corpus)  # reads the pages of the file once
        kinds = {
            "two words": "{} {}",
            "a phrase": '"{} {}"',
            "two words of one author in a year": "{} {} from:7 on:2021",
        }
        return [
            Figure(
                f"search {what} in {count:,} messages, p95", "ms", [p95(taken)], [50.0], 1, against="50 ms", limit=True
            )
            for what, form in kinds.items()
            for taken in [await searches(archive, corpus, form)]
        ]


# ------------------------------------------------------------ in processes of their own


def resident() -> float:
    """Return the resident memory of this process, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("no VmRSS")


def quicken() -> None:
    """Make the sandbox read only the rows of a page, like a database with an index, instead of all rows."""
    from odoochat.sandbox.orm.queries import Queries

    usual = Queries._rows

    def rows(self: Queries, kind: str, domain: Any = ()) -> Any:
        terms = {(term[0], term[1]): term[2] for term in domain if len(term) == 3}
        if kind != "message" or ("id", "in") in terms:
            return usual(self, kind, domain)
        high = terms.get(("id", "<"), 2**62)
        some = "SELECT * FROM seen_message WHERE id < ? ORDER BY id {} LIMIT 2000"
        found = {row["id"]: row for order in ("DESC", "ASC") for row in self.state.db.rows(some.format(order), high)}
        return [found[number] for number in sorted(found, reverse=True)]

    Queries._rows = rows


async def serve(count: int, last: str = "") -> None:
    """Serve a sandbox whose channel general has many messages, until standard input ends.

    Args:
        count: number of messages.
        last: text of the newest message; random by default.
    """
    from odoochat.sandbox import Sandbox
    from odoochat.sandbox.database.messages import MessageValues

    corpus = Corpus()
    quicken()
    async with Sandbox() as sandbox:
        state = sandbox.world.state
        authors = [partner for _, partner in sandbox.users.values()]
        state.db.run("BEGIN")
        for number in range(count):
            text = last if last and number == count - 1 else corpus.text()
            values = MessageValues(f"<p>{text}</p>", author=authors[number % len(authors)])
            state.messages.insert(state.channel_model, 1, 2, values)
        state.db.run("COMMIT")
        print(sandbox.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def synchronize(url: str, path: Path, count: int) -> None:
    """Synchronize the channel general, and print the memory in use after each tenth."""
    import odoochat

    begun, sizes = time.perf_counter(), list[float]()

    def measure(progress: odoochat.SyncProgress) -> None:
        if progress.messages // (count // 10) > len(sizes):
            sizes.append(resident())

    async with odoochat.connect(url, login="alice", password="alice", live=False, archive=path) as odoo:
        result = await odoo.archive.sync([1], progress=measure)
    print(json.dumps({"messages": result.messages, "seconds": time.perf_counter() - begun, "sizes": sizes}))


async def write(path: Path, target: Path, count: int) -> None:
    """Export the channel general, and print the memory in use after each tenth."""
    from odoochat.archive.export.exporter import Exporter

    begun, sizes = time.perf_counter(), list[float]()

    def measure(written: int) -> None:
        if written // (count // 10) > len(sizes):
            sizes.append(resident())

    async with Archive(path) as archive:
        channel = next(c for c in await archive.channels() if c.id == 1)
        result = await Exporter(archive).run(channel, target, progress=measure)
    print(json.dumps({"messages": result.messages, "seconds": time.perf_counter() - begun, "sizes": sizes}))


def _child(*words: object) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.archive", *map(str, words)], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _figures(what: str, found: dict[str, Any]) -> list[Figure]:
    sizes = found["sizes"]
    rate = found["messages"] / found["seconds"] / 1000
    return [
        Figure(f"{what}: resident memory at the end", "MB", [sizes[-1]], [sizes[0]], 1.1, against="that at a tenth"),
        Figure(
            f"{what}: thousand messages a second",
            "k",
            [rate],
            [0.5],
            1,
            more_is_better=True,
            against="500/s",
            limit=True,
        ),
    ]


def run(*, quick: bool = False) -> list[Figure]:
    """Measure searches, a synchronization and an export.

    Args:
        quick: whether to take only a few measurements.
    """
    messages, count = (20_000, 2_000) if quick else (MESSAGES, SYNCED)
    with tempfile.TemporaryDirectory(prefix="odoochat-bench-") as name:
        folder = Path(name)
        figures = asyncio.run(search_figures(folder, messages))
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.archive", "serve", str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            synced = _child("sync", url, folder / "synced.sqlite", count)
        finally:
            server.communicate("")
        figures += _figures(f"sync of {count:,} messages", synced)
        exported = _child("export", folder / "synced.sqlite", folder / "page", count)
        figures += _figures(f"export of {count:,} messages", exported)
    return figures


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", count, *last]:
            asyncio.run(serve(int(count), *last))
        case ["sync", url, path, count]:
            asyncio.run(synchronize(url, Path(path), int(count)))
        case ["export", path, target, count]:
            asyncio.run(write(Path(path), Path(target), int(count)))
