"""Print the three most active recent authors in each channel, without a live link.

ODOOCHAT_URL=… ODOOCHAT_LOGIN=… ODOOCHAT_API_KEY=… python examples/digest.py
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import odoochat


async def main() -> None:
    """Read the last hundred messages of each channel and count their authors."""
    environ = os.environ
    async with odoochat.connect(
        environ["ODOOCHAT_URL"],
        db=environ.get("ODOOCHAT_DB"),
        login=environ["ODOOCHAT_LOGIN"],
        api_key=environ["ODOOCHAT_API_KEY"],
        live=False,
    ) as odoo:
        for channel in odoo.channels():
            writers = Counter([message.author.name async for message in channel.history(100)])
            print(f"#{channel.name}:", ", ".join(f"{name} {count}" for name, count in writers.most_common(3)))


if __name__ == "__main__":
    asyncio.run(main())
