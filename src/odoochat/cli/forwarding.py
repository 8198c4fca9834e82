"""Forwards the events of ``listen``: posts each event to an address or runs a command for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from odoochat.cli.streams import print_note
from odoochat.errors import ConfigError
from odoochat.events import Event, MessagePosted

if TYPE_CHECKING:
    from odoochat.client.client import Client
    from odoochat.client.subscription import Subscription
    from odoochat.config import Settings
    from odoochat.webhooks.forwarder import Forwarder
    from odoochat.webhooks.signature import SigningKey

__all__ = ["Forwarding", "ForwardingOptions", "account_of", "signing_key"]

SECRET_BYTES = 10_000


@dataclass(frozen=True)
class ForwardingOptions:
    """Options of ``listen`` that control forwarding.

    Attributes:
        post: address to post each message to.
        command: command to run for each message.
        secret_file: file with the webhook secret.
        dead_letters: file for undelivered webhooks.
        state: whether a state file is used, so that unhandled messages are delivered again on the next run.
    """

    post: str | None = None
    command: str | None = None
    secret_file: Path | None = None
    dead_letters: Path | None = None
    state: bool = False


def signing_key(settings: Settings, secret_file: Path | None) -> SigningKey:
    """Return the key for signing webhooks.

    Args:
        settings: the settings, which may contain a secret from the environment or a profile.
        secret_file: a file with the secret to use instead; None for the secret in the settings.

    Raises:
        ConfigError: the secret is missing or invalid.
    """
    from odoochat.private_file import read_private
    from odoochat.webhooks.signature import SigningKey

    if secret_file is not None:
        try:
            return SigningKey(read_private(secret_file, SECRET_BYTES).decode("ascii"))
        except OSError as error:
            raise ConfigError(f"--secret-file {secret_file}: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"--secret-file {secret_file} does not contain a webhook secret") from None
    if not settings.webhook_secret:
        raise ConfigError(
            "no webhook secret for signing; set ODOOCHAT_WEBHOOK_SECRET, use --secret-file, or save one in the "
            "profile with `odoochat webhook secret --save`"
        )
    return SigningKey(settings.webhook_secret)


def account_of(odoo: Client) -> str:
    """Return a string that identifies the server, the database and the user.

    Args:
        odoo: the connected client.
    """
    return f"{odoo.server.url} {odoo.server.db} {odoo.me.uid}"


class Forwarding:
    """Forwards the events of ``listen`` to the configured address and command, if any.

    Args:
        options: the forwarding options.
        settings: the connection settings.

    Raises:
        ConfigError: the address, the command or the secret is invalid.
    """

    def __init__(self, options: ForwardingOptions, settings: Settings) -> None:
        self._options = options
        self._forwarders: list[Forwarder] = []
        self._command: Forwarder | None = None
        if options.post is not None:
            from odoochat.webhooks.poster import check_url

            if (warning := check_url(options.post)) is not None:
                print_note(f"odoochat: WARNING: {warning}")
            self._key = signing_key(settings, options.secret_file)
        elif options.secret_file is not None or options.dead_letters is not None:
            raise ConfigError("--secret-file and --dead-letters require --post")
        if options.command is not None:
            from odoochat.webhooks.command import CommandRunner

            self._runner = CommandRunner(options.command)

    @property
    def failed(self) -> int:
        """Number of events that could not be forwarded."""
        return sum(forwarder.failed for forwarder in self._forwarders)

    @asynccontextmanager
    async def running(self, odoo: Client) -> AsyncGenerator[Forwarding]:
        """Forward events while the block runs. If the block ends normally, wait for queued events to be forwarded.

        Args:
            odoo: the connected client.
        """
        options, account = self._options, account_of(odoo)
        keep = not options.state
        async with AsyncExitStack() as stack:
            if options.post is not None:
                from odoochat.webhooks.dead_letters import DeadLetters, default_path
                from odoochat.webhooks.forwarder import Forwarder
                from odoochat.webhooks.poster import WebhookPoster

                letters = DeadLetters(options.dead_letters or default_path())
                letters.create()  # fail early, rather than when the first webhook cannot be delivered
                poster = await stack.enter_async_context(WebhookPoster(options.post, self._key, report=_report))
                forwarder = Forwarder(poster, letters, account, _report, keep_unfinished=keep)
                self._forwarders.append(await stack.enter_async_context(forwarder))
            if options.command is not None:
                from odoochat.webhooks.forwarder import Forwarder

                self._command = await stack.enter_async_context(
                    Forwarder(self._runner, None, account, _report, keep_unfinished=keep, concurrency=4)
                )
                self._forwarders.append(self._command)
            yield self
            for forwarder in self._forwarders:
                await forwarder.finish()

    async def forward(self, event: Event, subscription: Subscription[Event]) -> None:
        """Queue an event for each target.

        The state file counts a message as handled once every target has handled it.

        Args:
            event: the event.
            subscription: the subscription that delivered the event.
        """
        targets = [f for f in self._forwarders if not (f is self._command and _is_own(event))]
        if not targets:
            return
        message = event.message if isinstance(event, MessagePosted) else None
        left = len(targets)

        def done() -> None:
            nonlocal left
            left -= 1
            if not left and message is not None:
                subscription.release(message)

        if message is not None:
            subscription.hold(message)
        for target in targets:
            await target.forward(event, done)


def _is_own(event: Event) -> bool:
    """Return whether the event is the current user's own message; a command that replies must not react to itself."""
    return isinstance(event, MessagePosted) and event.message.mine


def _report(text: str) -> None:
    print_note(f"odoochat: {text}")
