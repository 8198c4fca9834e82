"""``sandbox``: the embedded server with a small company in it."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Literal

from odoochat.cli.connection import finish
from odoochat.cli.exit_codes import DONE, say
from odoochat.cli.streams import json_line, out
from odoochat.errors import ConfigError

__all__ = ["sandbox"]


def sandbox(
    *,
    port: int = 8069,
    version: Literal[14, 15, 16, 17, 18, 19, 20] = 19,
    file: Path | None = None,
    allow_host: tuple[str, ...] = (),
    quiet_company: bool = False,
    json: bool = False,
) -> int:
    """Run the embedded server until Ctrl-C: no Odoo needed.

    Parameters
    ----------
    port
        Where it listens on this machine; 0 takes a free port.
    version
        The Odoo version that it plays.
    file
        Keeps its company in this file; else all is gone in the end.
    allow_host
        Another host name that it answers to, as of a proxy before it; can be given several times.
    quiet_company
        Colleagues do not answer.
    json
        Print one JSON object.
    """

    async def job() -> int:
        from odoochat.sandbox.server import Sandbox
        from odoochat.sandbox.world.colleagues import Colleagues

        if not 0 <= port <= 65535:
            raise ConfigError(f"--port {port}: give one from 0 to 65535")
        try:
            box = Sandbox(version, port, path=str(file) if file else ":memory:", hosts=allow_host)
        except sqlite3.Error as error:
            raise ConfigError(f"--file {file} is no company of a sandbox: {error}") from None
        try:
            await box.start()
        except OSError as error:
            raise ConfigError(f"port {port} cannot be had ({error.strerror}): give another --port, or 0") from None
        colleagues = Colleagues(box.world)
        stop = asyncio.Event()
        try:
            if not quiet_company:
                colleagues.start()
            _tell(box.url, box.db, sorted(box.users), json=json)
            loop = asyncio.get_running_loop()
            for name in (signal.SIGINT, signal.SIGTERM):
                with suppress(NotImplementedError):
                    loop.add_signal_handler(name, stop.set)
            await stop.wait()
        finally:
            if not quiet_company:
                await colleagues.close()
            await box.close()
        say("stopped")
        return DONE

    return finish(job)


def _tell(url: str, db: str, users: list[str], *, json: bool) -> None:
    people = [u for u in users if not u.startswith("_")]
    if json:
        out(json_line({"url": url, "db": db, "users": people}))
        return
    out(url)
    say(f"database {db}; users {', '.join(people)}, whose passwords are their names")
    say(f"try: ODOOCHAT_URL={url} ODOOCHAT_LOGIN=alice ODOOCHAT_PASSWORD=alice odoochat listen")
    say("Ctrl-C ends it")
