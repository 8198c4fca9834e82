"""``login``, ``logout`` and ``profiles``: who you are, kept for the next time."""

from __future__ import annotations

import os
from dataclasses import replace

from odoochat.cli.connection import Server, connected, finish, settings_of
from odoochat.cli.exit_codes import DONE, say
from odoochat.cli.streams import json_line, out
from odoochat.config import Profiles
from odoochat.errors import ConfigError
from odoochat.wire.content.body import safe_line

__all__ = ["login", "logout", "profiles"]


def login(name: str | None = None, /, *, server: Server | None = None, json: bool = False) -> int:
    """Log in once and keep it as a profile.

    The password goes to the system's keyring where there is one, else into a file that only you may read.

    Parameters
    ----------
    name
        How the profile is called, as --profile says it too; `default` when left out.
    json
        Print one JSON object.
    """
    given = server or Server()

    async def job() -> int:
        kept = Profiles()
        chosen = _one_of(name, given.profile) or os.environ.get("ODOOCHAT_PROFILE") or "default"
        kept.check(chosen)
        settings = settings_of(replace(given, profile=chosen), fresh=True)
        async with connected(given, settings, live=False) as odoo:
            values = settings.kept()
            values.update(url=odoo.url, db=odoo.db)
            if odoo.trusted_device:  # the next command is asked for no second factor then
                values["trusted_device"] = odoo.trusted_device
            if odoo.me.login:
                values["login"] = odoo.me.login
            if odoo.credential == "api key" and "password" in values:
                # Each session asked for with a key counts as a wrong password, and ten lock the door.
                values.setdefault("api_key", values["password"])
                del values["password"]
            before = kept.read(chosen) if chosen in kept.names() else {}
            where = kept.write(chosen, values)
            say(f"profile {chosen!r} is kept; its secret stands {where}")
            if before and any(before.get(k) != values.get(k) for k in ("url", "db", "login")):
                was = f"{before.get('login')} on {before.get('url')}"
                say(f"it was {safe_line(was)} until now: `odoochat login NAME` keeps a profile beside it")
            facts = {
                "profile": chosen,
                "login": odoo.me.login,
                "name": odoo.me.name,
                "url": odoo.url,
                "db": odoo.db,
            }
            facts["version"] = str(odoo.version)
            line = f"{odoo.me.name} on {odoo.url} ({odoo.db}, Odoo {odoo.version})"
            out(json_line(facts) if json else safe_line(line))
            say(odoo.best)
        return DONE

    return finish(job)


def logout(name: str | None = None, /, *, profile: str | None = None) -> int:
    """Drop a profile and its secrets.

    When it was the default, no other becomes it: choose one by --profile or ODOOCHAT_PROFILE from then on.

    Parameters
    ----------
    name
        The profile, as --profile says it too; the one in use when left out.
    profile
        The same.
    """

    async def job() -> int:
        kept = Profiles()
        chosen = _one_of(name, profile) or os.environ.get("ODOOCHAT_PROFILE") or kept.default()
        if chosen is None:
            raise ConfigError("which profile? `odoochat profiles` lists them")
        was_default = chosen == kept.default()
        kept.remove(chosen)
        say(f"profile {chosen!r} is dropped")
        if was_default and (others := kept.names()):
            say(f"there is no default profile now: choose by --profile {' or '.join(others)}")
        return DONE

    return finish(job)


def _one_of(name: str | None, profile: str | None) -> str | None:
    if name and profile and name != profile:
        raise ConfigError(f"{name} and --profile {profile}: name one profile")
    return name or profile


def profiles(*, json: bool = False) -> int:
    """List the profiles.

    Parameters
    ----------
    json
        Print one JSON object a line.
    """

    async def job() -> int:
        kept = Profiles()
        default = kept.default()
        if not kept.names():
            say("no profiles yet: `odoochat login` makes one")
        for name in kept.names():
            values = kept.read(name)
            facts = {
                "profile": name,
                **{k: values.get(k) for k in ("url", "db", "login")},
                "default": name == default,
            }
            line = f"{'*' if name == default else ' '} {name}: {values.get('login')} on {values.get('url')}"
            out(json_line(facts) if json else safe_line(line))
        return DONE

    return finish(job)
