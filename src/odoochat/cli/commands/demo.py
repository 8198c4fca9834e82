"""``demo``: shows the chat screen, or each step of a chat, on the embedded server."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

import odoochat
from odoochat.cli.commands.chat import has_terminal, has_textual, print_textual_hint, run_screen
from odoochat.cli.log import log_to_stderr
from odoochat.cli.runner import run_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from odoochat.sandbox.server import Sandbox

__all__ = ["SCENE", "demo", "play_scene"]


def demo(
    *,
    version: Literal[14, 15, 16, 17, 18, 19, 20] = 19,
    json: bool = False,
    steps: bool = False,
    verbose: Annotated[int, Parameter(alias="-v", count=True)] = 0,
) -> int:
    """Try odoochat on the embedded server, without Odoo.

    On a terminal, this opens the chat screen with simulated colleagues who reply. Otherwise, or with --steps, it prints
    and checks each step of a chat; the exit code is 0 only if every step worked.

    Parameters
    ----------
    version
        Odoo version that the server emulates.
    json
        Print one JSON object per step.
    steps
        Print the steps even on a terminal.
    verbose
        Log to stderr; -vv logs details.
    """
    if has_terminal() and not (json or steps):
        if has_textual():
            return run_command(lambda: _open_screen(version), serves=True)
        print_textual_hint()
    log_to_stderr(verbose)

    async def job() -> int:
        from odoochat.cli.demo_steps import run_steps

        return await run_steps(version, json=json)

    return run_command(job)


SCENE = (
    (2.0, "bob", "general", "Good morning Alice! Is the release on its way?", ""),
    (5.0, "carol", "general", "The sea this morning, before the first ticket:", "morning.png"),
    (9.0, "carol", "support", "Ticket 4712: the printer on the second floor prints only in blue.", ""),
    (16.0, "dave", "random", "Coffee in ten minutes?", ""),
    (24.0, "bob", "@alice", "Hi Alice, can you look at my draft of the announcement?", ""),
)
"""Colleagues' messages: seconds after the start, author, channel, text and image name."""


async def _open_screen(version: int) -> int:
    """Open the chat screen as Alice, without storing anything on disk."""
    from odoochat.cli.demo_steps import company
    from odoochat.tui.app import ChatApp, Profile

    async with company(version) as box:
        alice: dict[str, Any] = {"login": "alice", "password": "alice", "presence": "online"}
        profile = Profile("sandbox", "", lambda _: odoochat.connect(box.url, **alice))
        scene = asyncio.create_task(play_scene(box, SCENE), name="odoochat demo")
        try:
            return await run_screen(ChatApp([profile], "general"))
        finally:
            scene.cancel()
            await asyncio.gather(scene, return_exceptions=True)


async def play_scene(box: Sandbox, scene: Sequence[tuple[float, str, str, str, str]]) -> None:
    """Post the colleagues' messages at their scheduled times.

    Args:
        box: the running sandbox.
        scene: the messages, as in `SCENE`.
    """
    from odoochat.sandbox.database.files import PENDING_MODEL
    from odoochat.sandbox.world.pictures import morning

    world, started = box.world, time.monotonic()
    for seconds, author, where, text, picture in scene:
        await asyncio.sleep(max(started + seconds - time.monotonic(), 0))
        channel = world.chat(author, where.removeprefix("@")) if where.startswith("@") else world.channel(where)
        world.typing(author, channel, True)
        await asyncio.sleep(1.0)
        world.typing(author, channel, False)
        uid = world.uid(author)
        files = [world.state.files.add(picture, morning(), uid=uid, model=PENDING_MODEL)] if picture else []
        world.post(author, channel, text, attachments=files)
