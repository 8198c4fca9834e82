"""Echo each direct message: a complete small bot.

ODOOCHAT_URL=… ODOOCHAT_LOGIN=… ODOOCHAT_PASSWORD=… python examples/echo.py
"""

from __future__ import annotations

import asyncio
import os

import odoochat
from odoochat import EventsMissed, MessagePosted


async def main(answers: int | None = None) -> None:
    """Run the bot.

    Args:
        answers: number of answers after which to stop; None to run until the process ends.
    """
    environ = os.environ
    async with odoochat.connect(
        environ["ODOOCHAT_URL"],
        db=environ.get("ODOOCHAT_DB"),
        login=environ["ODOOCHAT_LOGIN"],
        password=environ["ODOOCHAT_PASSWORD"],
        state=environ.get("ECHO_STATE"),  # answers messages that were posted while the bot was down
    ) as odoo:
        print(f"{odoo.me.name} echoes on {odoo.server.url}", flush=True)
        async for event in odoo.events(MessagePosted):
            if isinstance(event, EventsMissed):
                print(f"{event.count} messages were not answered", flush=True)
                continue
            message = event.message
            channel = odoo.channel(message.channel)
            if channel.kind != "chat" or message.mine:
                continue
            await channel.send(message.text, reply_to=message)
            answers = None if answers is None else answers - 1
            if answers == 0:
                return


if __name__ == "__main__":
    asyncio.run(main(int(os.environ["ECHO_ANSWERS"]) if "ECHO_ANSWERS" in os.environ else None))
