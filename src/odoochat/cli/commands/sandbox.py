"""``sandbox``: runs the embedded server with a small company's data."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Literal

from odoochat.cli.exit_codes import DONE
from odoochat.cli.runner import run_command
from odoochat.cli.signals import wait_for_signal
from odoochat.cli.streams import json_line, print_note, print_result
from odoochat.errors import ConfigError, unusable_port

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
    """Run the embedded server, without Odoo, until Ctrl-C.

    Parameters
    ----------
    port
        Port on 127.0.0.1; 0 chooses a free one.
    version
        Odoo version that the server emulates.
    file
        SQLite file to store the data in; without it, the data is lost on exit.
    allow_host
        Additional hostname to accept, e.g. a proxy's; may be repeated.
    quiet_company
        Disable replies from the simulated colleagues.
    json
        Print one JSON object.
    """

    async def job() -> int:
        from odoochat.sandbox.server import Sandbox
        from odoochat.sandbox.world.colleagues import Colleagues

        if not 0 <= port <= 65535:
            raise ConfigError(f"--port must be from 0 to 65535, not {port}")
        try:
            box = Sandbox(version, port, path=str(file) if file else ":memory:", hosts=allow_host)
        except sqlite3.Error as error:
            raise ConfigError(
                f"cannot use --file {file} as a sandbox database ({error}); choose another file"
            ) from None
        try:
            await box.start()
        except OSError as error:
            raise unusable_port(port, error) from None
        colleagues = Colleagues(box.world)
        try:
            if not quiet_company:
                colleagues.start()
            _print_access(box.url, box.db, sorted(box.users), json=json)
            await wait_for_signal()
        finally:
            if not quiet_company:
                await colleagues.close()
            await box.close()
        print_note("stopped")
        return DONE

    return run_command(job, serves=True)


def _print_access(url: str, db: str, users: list[str], *, json: bool) -> None:
    """Print how to connect."""
    logins = [login for login in users if not login.startswith("_")]
    if json:
        print_result(json_line({"url": url, "db": db, "users": logins}))
        return
    print_result(url)
    print_note(f"database {db}; users {', '.join(logins)}; each user's password is the login")
    print_note(f"try: ODOOCHAT_URL={url} ODOOCHAT_LOGIN=alice ODOOCHAT_PASSWORD=alice odoochat listen")
    print_note("press Ctrl-C to stop")
