"""``login``, ``logout`` and ``profiles``: saved servers and users."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from odoochat.cli.address_prompt import prompt_address
from odoochat.cli.connection import connected, resolve_settings
from odoochat.cli.exit_codes import DONE
from odoochat.cli.options import ServerOptions
from odoochat.cli.runner import run_command
from odoochat.cli.streams import json_line, print_note, print_result
from odoochat.config import Profiles
from odoochat.errors import ConfigError
from odoochat.wire.content.body import safe_line

if TYPE_CHECKING:
    from odoochat.client.client import Client
    from odoochat.config import Settings

__all__ = ["login", "logout", "profiles"]


def login(name: str | None = None, /, *, server: ServerOptions | None = None, json: bool = False) -> int:
    """Log in and save server, user and password as a profile.

    The password is stored in the system's keyring if there is one, otherwise in a file that only you can read.

    Parameters
    ----------
    name
        Name of the profile, the same as --profile; `default` if omitted.
    json
        Print one JSON object.
    """
    given = server or ServerOptions()

    async def job() -> int:
        store = Profiles()
        chosen = _one_name(name, given.profile) or os.environ.get("ODOOCHAT_PROFILE") or "default"
        store.check_name(chosen)
        complete = await prompt_address(replace(given, profile=chosen))
        settings = resolve_settings(complete, fresh=True)
        async with connected(given, settings, live=False) as odoo:
            _save(store, chosen, _profile_values(odoo, settings))
            values = {
                "profile": chosen,
                "login": odoo.me.login,
                "name": odoo.me.name,
                "url": odoo.server.url,
                "db": odoo.server.db,
                "version": str(odoo.server.version),
            }
            line = f"{odoo.me.name} on {odoo.server.url} ({odoo.server.db}, Odoo {odoo.server.version})"
            print_result(json_line(values) if json else safe_line(line))
            print_note(odoo.server.best_link)
        return DONE

    return run_command(job)


def _profile_values(odoo: Client, settings: Settings) -> dict[str, str]:
    """Return the settings to save after a successful login."""
    values = settings.profile_values()
    values.update(url=odoo.server.url, db=odoo.server.db)
    if odoo.server.trusted_device:  # the next login needs no second factor
        values["trusted_device"] = odoo.server.trusted_device
    if odoo.me.login:
        values["login"] = odoo.me.login
    if odoo.credential == "api key" and "password" in values:
        # Odoo counts each attempt to open a session with a key as a wrong password and locks the user out after ten.
        values.setdefault("api_key", values["password"])
        del values["password"]
    return values


def _save(store: Profiles, name: str, values: dict[str, str]) -> None:
    """Save a profile, and print where its secrets are stored and which login it replaced."""
    before = store.read(name) if name in store.names() else {}
    if kept := before.get("webhook_secret"):  # webhook receivers rely on it, whichever user logs in
        values.setdefault("webhook_secret", kept)
    where = store.write(name, values)
    print_note(f"saved profile {name!r}; its secrets are {where}")
    if before and any(before.get(k) != values.get(k) for k in ("url", "db", "login")):
        was = f"{before.get('login')} on {before.get('url')}"
        print_note(f"it replaced {safe_line(was)}; use `odoochat login NAME` to save a separate profile")


def logout(name: str | None = None, /, *, profile: str | None = None) -> int:
    """Delete a profile and its secrets.

    Deleting the default profile does not select a new one: use --profile or ODOOCHAT_PROFILE from then on.

    Parameters
    ----------
    name
        The profile; the default profile if omitted.
    profile
        The profile; an alternative to NAME.
    """

    async def job() -> int:
        store = Profiles()
        chosen = _one_name(name, profile) or os.environ.get("ODOOCHAT_PROFILE") or store.default()
        if chosen is None:
            raise ConfigError("no default profile; pass a profile name (`odoochat profiles` lists them)")
        was_default = chosen == store.default()
        store.remove(chosen)
        print_note(f"deleted profile {chosen!r}")
        if was_default and (others := store.names()):
            print_note(f"no default profile is set; use --profile {' or '.join(others)}")
        return DONE

    return run_command(job)


def _one_name(name: str | None, profile: str | None) -> str | None:
    if name and profile and name != profile:
        raise ConfigError(f"{name} and --profile {profile} are different profiles; pass only one")
    return name or profile


def profiles(*, json: bool = False) -> int:
    """List profiles; * marks the default.

    Parameters
    ----------
    json
        Print one JSON object per line.
    """

    async def job() -> int:
        store = Profiles()
        default = store.default()
        if not store.names():
            print_note("no profiles; `odoochat login` creates one")
        for name in store.names():
            address = store.address(name)
            values = {
                "profile": name,
                **{k: address.get(k) for k in ("url", "db", "login")},
                "default": name == default,
            }
            line = safe_line(f"{name}: {address.get('login')} on {address.get('url')}")
            print_result(json_line(values) if json else f"{'*' if name == default else ' '} {line}")
        return DONE

    return run_command(job)
