"""Export a channel as a web page with files, or as JSON Lines, using the archive from Python.

ODOOCHAT_URL=… ODOOCHAT_LOGIN=… ODOOCHAT_PASSWORD=… python examples/export.py general general-export
"""

from __future__ import annotations

import asyncio
import os
import sys

import odoochat


async def main(name: str, to: str) -> None:
    """Fetch a channel and export it.

    Args:
        name: name of the channel.
        to: a folder for a web page; a file name ending in ``.jsonl`` for JSON Lines.
    """
    environ = os.environ
    async with odoochat.connect(
        environ["ODOOCHAT_URL"],
        db=environ.get("ODOOCHAT_DB"),
        login=environ["ODOOCHAT_LOGIN"],
        password=environ.get("ODOOCHAT_PASSWORD"),
        api_key=environ.get("ODOOCHAT_API_KEY"),
        archive=environ.get("ARCHIVE", "archive.sqlite"),  # the next export fetches only what is new
        live=False,
    ) as odoo:
        channel = odoo.channel(name)
        await odoo.archive.sync([channel], files=True)
        result = await odoo.archive.export(channel, to, "json" if to.endswith(".jsonl") else "html", replace=True)
        print(f"{result.messages} messages and {result.files} files: {result.path}")
        for reason in result.left_out:
            print(f"left out: {reason}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print("usage: python examples/export.py CHANNEL FOLDER_OR_FILE.jsonl", file=sys.stderr)
        sys.exit(2)
    asyncio.run(main(sys.argv[1], sys.argv[2]))
