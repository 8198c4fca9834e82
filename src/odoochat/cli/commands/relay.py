"""``relay run`` and ``relay schema``: send events to a message broker and receive commands from it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

import odoochat
from odoochat.cli.exit_codes import DONE
from odoochat.cli.extras import install_hint
from odoochat.cli.log import log_to_stderr
from odoochat.cli.metrics_server import serve_metrics
from odoochat.cli.runner import run_command
from odoochat.cli.signals import wait_for_signal
from odoochat.cli.streams import json_line, print_note, print_result
from odoochat.errors import ConfigError
from odoochat.plural import counted

__all__ = ["relay_run", "relay_schema"]


def relay_run(
    config: Path,
    /,
    *,
    check: Annotated[bool, Parameter(negative="")] = False,
    verbose: Annotated[int, Parameter(alias="-v", count=True, negative="")] = 0,
) -> int:
    """Relay events to Redis, NATS, RabbitMQ or Kafka, and run commands from the broker, until Ctrl-C.

    Parameters
    ----------
    config
        The relay's TOML file; see docs/relay.md.
    check
        Check the file, print its settings without secrets, and exit.
    verbose
        Log to stderr; -vv logs details.
    """

    async def job() -> int:
        from odoochat.relay.settings import load_relay_settings

        settings = load_relay_settings(config)
        accounts = counted(len(settings.accounts), "account")
        if check:
            print_result(f"{settings.broker.kind} at {settings.broker.place}, {accounts}")
            return DONE
        if not _has_faststream():
            raise ConfigError(f"odoochat relay (odoochat[relay]) needs FastStream: {install_hint('relay')}")
        from odoochat.relay.service import RelayService

        log_to_stderr(verbose, warnings=True)
        relay = RelayService(settings)
        async with serve_metrics(relay.metrics, settings.port, host=settings.host, health=relay.health):
            print_note(
                f"relaying {accounts} to {settings.broker.kind} at {settings.broker.place} (press Ctrl-C to stop)"
            )
            await _run_until_signal(relay.run())
        return DONE

    return run_command(job, serves=not check)


async def _run_until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run until Ctrl-C or SIGTERM, then release the accounts to other processes before exiting."""
    waiting = asyncio.create_task(wait_for_signal())
    running = asyncio.create_task(work)
    try:
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        running.cancel()
        waiting.cancel()
        await asyncio.gather(running, waiting, return_exceptions=True)


def relay_schema(*, asyncapi: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Print the JSON Schema for events and commands.

    Parameters
    ----------
    asyncapi
        Print an AsyncAPI document instead, which also describes the streams.
    """

    async def job() -> int:
        from odoochat.relay.schema import asyncapi_document, json_schema

        print_result(json_line(asyncapi_document(odoochat.__version__) if asyncapi else json_schema()))
        return DONE

    return run_command(job)


def _has_faststream() -> bool:
    try:
        import faststream  # noqa: F401 # pyright: ignore[reportUnusedImport]
    except ImportError:
        return False
    return True
