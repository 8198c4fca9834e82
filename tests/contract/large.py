"""Sends and fetches a large file in a process of its own, and prints its use of memory.

`python -m tests.contract.large URL DB LOGIN SECRET password|key BYTES FOLDER`
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import resource
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import odoochat

BLOCK = 2**20


def make(path: Path, size: int) -> str:
    """A file of so many bytes; gives its SHA-1."""
    digest = hashlib.sha1(usedforsecurity=False)
    with path.open("wb") as file:
        for number in range(0, size, BLOCK):
            block = hashlib.shake_128(str(number).encode()).digest(min(BLOCK, size - number))
            file.write(block)
            digest.update(block)
    return digest.hexdigest()


async def run(url: str, db: str, login: str, secret: str, how: str, size: int, folder: Path) -> dict[str, object]:
    path = folder / "large.bin"
    sha1 = make(path, size)
    credential: dict[str, Any] = {"password": secret} if how == "password" else {"api_key": secret}
    async with odoochat.connect(url, db=db, login=login, live=False, timeout=120, **credential) as odoo:
        tracemalloc.start()
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        message = await odoo.channel("general").upload(path, "a large file")
        up = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        there = await odoo.files.download(message.attachments[0], folder)
        down = tracemalloc.get_traced_memory()[1]
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident
        await odoo.channel("general").delete(message)
    with there.open("rb") as file:
        same = hashlib.file_digest(file, "sha1").hexdigest() == sha1
    return {"same": same, "size": size, "peak_up": up, "peak_down": down, "resident_grown": grown * 1024}


if __name__ == "__main__":
    _, url, db, login, secret, how, size, folder = sys.argv
    print(json.dumps(asyncio.run(run(url, db, login, secret, how, int(size), Path(folder)))))
