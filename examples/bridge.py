"""Bridge channels on two Odoo servers by copying new messages in both directions.

LEFT_URL=… LEFT_LOGIN=… LEFT_PASSWORD=… RIGHT_URL=… RIGHT_LOGIN=… RIGHT_PASSWORD=… python examples/bridge.py
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack

import odoochat
from odoochat import EventsMissed, MessagePosted


def connection(side: str) -> odoochat.connect:
    """Return the connection to one of the two servers."""
    environ = os.environ
    return odoochat.connect(
        environ[f"{side}_URL"],
        db=environ.get(f"{side}_DB"),
        login=environ[f"{side}_LOGIN"],
        password=environ[f"{side}_PASSWORD"],
        state=environ.get(f"{side}_STATE"),  # copies messages that were posted while the bridge was down
    )


async def copy(source: odoochat.Subscription[MessagePosted], target: odoochat.Channel) -> None:
    """Copy every new message from one channel to the other."""
    async for event in source:
        if isinstance(event, EventsMissed):
            print(f"{event.count} messages were not copied", flush=True)
            continue
        message = event.message
        if message.mine:  # the bridge has posted it
            continue
        # A message may be delivered again after a crash; the key prevents a duplicate.
        key = f"bridge-{message.channel.id}-{message.id}"
        await target.send(f"{message.author.name}: {message.text}", key=key, retry=True)


async def main() -> None:
    """Copy in both directions until the process ends."""
    name = os.environ.get("BRIDGE_CHANNEL", "general")
    async with AsyncExitStack() as stack:
        left = await stack.enter_async_context(connection("LEFT"))
        right = await stack.enter_async_context(connection("RIGHT"))
        ends = left.channel(name), right.channel(name)
        sources = left.events(MessagePosted, channel=ends[0]), right.events(MessagePosted, channel=ends[1])
        print("connected", flush=True)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(copy(sources[0], ends[1]))
            tasks.create_task(copy(sources[1], ends[0]))


if __name__ == "__main__":
    asyncio.run(main())
