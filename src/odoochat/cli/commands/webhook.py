"""``webhook``: the server that posts to channels, its tokens, and undelivered webhooks."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from odoochat.cli.connection import connected, resolve_settings
from odoochat.cli.exit_codes import DONE, FAILED
from odoochat.cli.forwarding import account_of, signing_key
from odoochat.cli.lookup import find_channel
from odoochat.cli.options import ChannelArgument, ServerOptions
from odoochat.cli.runner import run_command
from odoochat.cli.signals import wait_for_signal
from odoochat.cli.streams import json_line, print_note, print_result
from odoochat.errors import ConfigError, NotFound
from odoochat.render import safe_line, table
from odoochat.webhooks.rate_limit import PER_MINUTE

if TYPE_CHECKING:
    from odoochat.client.client import Client
    from odoochat.model import Message
    from odoochat.webhooks.dead_letters import DeadLetter, DeadLetters
    from odoochat.webhooks.incoming import HookMessage
    from odoochat.webhooks.poster import WebhookPoster
    from odoochat.webhooks.tokens import TokenStore

__all__ = [
    "token_add",
    "token_list",
    "token_remove",
    "webhook_failed",
    "webhook_replay",
    "webhook_secret",
    "webhook_serve",
]

PATIENCE = 10.0
"""How long a request waits while Odoo is unreachable, in seconds."""


def webhook_serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8068,
    allow_host: tuple[str, ...] = (),
    rate: float = PER_MINUTE,
    tokens: Path | None = None,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Run a server that lets programs with a token post to channels, until Ctrl-C.

    Parameters
    ----------
    host
        Address to listen on. Traffic is not encrypted: put a TLS proxy in front of it unless you use the default.
    port
        Port; 0 chooses a free one.
    allow_host
        Additional hostname to accept, e.g. a proxy's; may be repeated.
    rate
        Maximum messages per minute for each token.
    tokens
        Token file, as used by `webhook token add`.
    json
        Print one JSON object.
    """

    async def job() -> int:
        from odoochat.webhooks.hook_server import HookServer

        if not 0 <= port <= 65535:
            raise ConfigError(f"--port must be from 0 to 65535, not {port}")
        if not 0 < rate <= 1_000_000:
            raise ConfigError(f"--rate must be more than 0, not {rate:g}")
        if host not in ("127.0.0.1", "::1", "localhost"):
            print_note(f"odoochat: WARNING: other machines can reach {host}, and requests are not encrypted")
        store = _token_store(tokens)
        async with connected(server or ServerOptions(), live=False, patience=PATIENCE) as odoo:
            account = account_of(odoo)
            hooks = HookServer(_Sender(odoo).send, store, account, hosts=allow_host, per_minute=rate)
            async with hooks.serve(host, port) as url:
                print_result(json_line({"url": url}) if json else url)
                if not any(token.account == account for token in store.all()):
                    print_note("no tokens yet; create one with: odoochat webhook token add NAME CHANNEL")
                print_note(f"try: curl -H 'Authorization: Bearer TOKEN' --data-urlencode 'text=Hello' {url}/")
                print_note("press Ctrl-C to stop")
                await wait_for_signal()
        return DONE

    return run_command(job, serves=True)


class _Sender:
    """Posts the messages contained in requests."""

    def __init__(self, odoo: Client) -> None:
        self._odoo = odoo

    async def send(self, channel: int, incoming: HookMessage, key: str | None) -> Message:
        try:
            place = self._odoo.channel(channel)
        except NotFound:  # the user may have joined the channel after the server started
            await self._odoo.refresh()
            place = self._odoo.channel(channel)
        return await place.send(incoming.text, markup=incoming.markup, key=key, retry=key is not None)


def webhook_secret(
    *, save: Annotated[bool, Parameter(negative="")] = False, server: ServerOptions | None = None
) -> int:
    """Generate and print a secret for signing webhooks; the receiver needs the same secret.

    Parameters
    ----------
    save
        Also save it in the profile, replacing the existing secret.
    """

    async def job() -> int:
        from odoochat.config import Profiles
        from odoochat.webhooks.signature import new_secret

        secret = new_secret()
        if save:
            store = Profiles()
            settings = resolve_settings(server or ServerOptions(), required=False, offline=True)
            if settings.profile is None:
                raise ConfigError("no profile to save the secret in; create one with `odoochat login`")
            saved = {k: v for k, v in store.read(settings.profile).items() if v is not None}
            where = store.write(settings.profile, {**saved, "webhook_secret": secret.reveal()})
            print_note(f"saved in profile {settings.profile!r}; its secrets are {where}")
        print_result(secret.reveal())
        return DONE

    return run_command(job)


def webhook_failed(*, dead_letters: Path | None = None, json: bool = False) -> int:
    """List webhooks that could not be delivered.

    Parameters
    ----------
    dead_letters
        File with undelivered webhooks, as passed to `listen`.
    json
        Print one JSON object per line, including the webhook's body.
    """

    async def job() -> int:
        letters = _dead_letters(dead_letters).all()
        if not letters:
            print_note("no undelivered webhooks")
        elif json:
            for letter in letters:
                print_result(json_line(_letter_values(letter)))
        else:
            rows = [
                [str(one.number), _moment(one.stored), one.webhook.id, safe_line(one.url), safe_line(one.reason)]
                for one in letters
            ]
            for line in table(["number", "stored", "id", "address", "reason"], rows):
                print_result(line)
        return DONE

    return run_command(job)


def _letter_values(letter: DeadLetter) -> dict[str, object]:
    return {
        "number": letter.number,
        "id": letter.webhook.id,
        "url": letter.url,
        "channel": letter.webhook.channel,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "stored": _moment(letter.stored),
        "body": letter.webhook.body.decode(),
    }


def webhook_replay(
    *,
    secret_file: Path | None = None,
    dead_letters: Path | None = None,
    attempts: int = 3,
    server: ServerOptions | None = None,
) -> int:
    """Resend undelivered webhooks, oldest first, each to its original address.

    Parameters
    ----------
    secret_file
        File with the secret that signs webhooks, instead of ODOOCHAT_WEBHOOK_SECRET or the profile's secret.
    dead_letters
        File with undelivered webhooks, as passed to `listen`.
    attempts
        Number of attempts for each webhook.
    """

    async def job() -> int:
        from odoochat.config import load
        from odoochat.webhooks.poster import RetryPolicy, WebhookPoster

        if attempts < 1:
            raise ConfigError(f"--attempts must be 1 or more, not {attempts}")
        store = _dead_letters(dead_letters)
        letters = store.all()
        given = server or ServerOptions()
        settings = load({"profile": given.profile, "url": given.url, "login": given.login})
        key = signing_key(settings, secret_file)
        delivered = 0
        for url in dict.fromkeys(letter.url for letter in letters):
            async with WebhookPoster(url, key, RetryPolicy(attempts=attempts)) as poster:
                delivered += await _replayed(poster, store, [letter for letter in letters if letter.url == url])
        print_note(f"{delivered} of {len(letters)} webhooks delivered")
        return DONE if delivered == len(letters) else FAILED

    return run_command(job)


async def _replayed(poster: WebhookPoster, store: DeadLetters, letters: list[DeadLetter]) -> int:
    """Resend the webhooks for one address, holding back the rest of a channel after a failure to preserve the order."""
    from odoochat.webhooks.poster import DeliveryFailed

    blocked: set[int] = set()
    delivered = 0
    for letter in letters:
        if letter.webhook.channel in blocked:
            continue
        try:
            await poster.deliver(letter.webhook)
        except DeliveryFailed as failure:
            blocked.add(letter.webhook.channel)
            store.add(letter.url, letter.webhook, failure.reason, failure.attempts, time.time())
            print_note(f"odoochat: webhook {letter.webhook.id} was not delivered ({failure.reason})")
        else:
            store.remove(letter.number)
            delivered += 1
    return delivered


def token_add(
    name: str,
    channel: ChannelArgument,
    /,
    *,
    tokens: Path | None = None,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Create and print a token that lets a program post to one channel. The token cannot be shown again.

    Parameters
    ----------
    name
        Name of the token, e.g. the program that uses it.
    channel
        The channel: an id, a name or @person.
    tokens
        Token file.
    json
        Print one JSON object.
    """

    async def job() -> int:
        async with connected(server or ServerOptions(), live=False) as odoo:
            place = await find_channel(odoo, channel)
            made = _token_store(tokens).add(name, account_of(odoo), place.id, place.name, time.time())
            values = {"name": name, "channel": place.id, "token": made.reveal()}
            print_result(json_line(values) if json else made.reveal())
            print_note(f"posts to {safe_line(place.name)} as {safe_line(odoo.me.name)}; copy it now, it is not stored")
        return DONE

    return run_command(job)


def token_list(*, tokens: Path | None = None, json: bool = False) -> int:
    """List tokens: name, channel, creation date.

    Parameters
    ----------
    tokens
        Token file.
    json
        Print one JSON object per line.
    """

    async def job() -> int:
        found = _token_store(tokens).all()
        if json:
            for token in found:
                values = {"name": token.name, "channel": token.channel, "channel_name": token.channel_name}
                print_result(json_line({**values, "account": token.account, "created": _moment(token.created)}))
        elif found:
            rows = [
                [t.name, str(t.channel), safe_line(t.channel_name), safe_line(t.account), _moment(t.created)]
                for t in found
            ]
            for line in table(["name", "id", "channel", "account", "created"], rows):
                print_result(line)
        else:
            print_note("no tokens; create one with `odoochat webhook token add NAME CHANNEL`")
        return DONE

    return run_command(job)


def token_remove(name: str, /, *, tokens: Path | None = None) -> int:
    """Remove a token; requests that use it are rejected immediately.

    Parameters
    ----------
    name
        Name of the token.
    tokens
        Token file.
    """

    async def job() -> int:
        _token_store(tokens).remove(name)
        print_note(f"removed token {name!r}")
        return DONE

    return run_command(job)


def _token_store(path: Path | None) -> TokenStore:
    from odoochat.webhooks import tokens

    return tokens.TokenStore(path or tokens.default_path())


def _dead_letters(path: Path | None) -> DeadLetters:
    from odoochat.webhooks import dead_letters

    return dead_letters.DeadLetters(path or dead_letters.default_path())


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
