"""Prompts for the address and the database of a server, before a first login."""

from __future__ import annotations

from dataclasses import replace

from odoochat.cli.connection import load_settings, resolve_settings
from odoochat.cli.log import without_log_line
from odoochat.cli.options import ServerOptions
from odoochat.cli.prompts import prompt
from odoochat.cli.streams import is_interactive, print_note
from odoochat.client.address import base_url
from odoochat.errors import ConfigError, NotOdoo, ProtocolError

__all__ = ["prompt_address"]


async def prompt_address(options: ServerOptions) -> ServerOptions:
    """Prompt for the address and the database if they are missing, on a terminal.

    The server is contacted before the user enters a password, so a wrong address is reported first. A session cookie
    belongs to a database, so none is asked for.

    Args:
        options: the command-line options of a login.

    Returns:
        The options, completed by what the user entered; unchanged without a terminal.

    Raises:
        ConfigError: a value is invalid, or the user entered nothing.
        LinkError: the network failed.
        ProtocolError: the server is not Odoo.
    """
    if not is_interactive():
        return options
    if not load_settings(options, fresh=True).url:
        options = replace(options, url=prompt("Address of the Odoo server: "))
    settings = resolve_settings(options, fresh=True, offline=True)
    if settings.db or settings.session_id:
        return options
    from odoochat.net.http import Http  # importing it loads aiohttp, which takes longer than the first prompt
    from odoochat.net.network import Network
    from odoochat.net.version import choose_database

    network = Network.of(**settings.network())
    with without_log_line("tls.unverified"):  # the command prints a warning itself, once it has all the settings
        http = Http(base_url(settings.url or ""), timeout=options.request_timeout, network=network)
    try:
        await choose_database(http)
        return options
    except NotOdoo:
        raise
    except (ConfigError, ProtocolError) as error:  # the user may know the name
        print_note(str(error))
    finally:
        await http.close()
    db = prompt("Database: ")
    if not db:
        raise ConfigError("no database; use --db or set ODOOCHAT_DB")
    return replace(options, db=db)
