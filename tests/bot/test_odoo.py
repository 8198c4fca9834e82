"""Bots talk with a person who uses Odoo's own JSON routes, as its web client does."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

import odoochat
from odoochat.bot import Bot, Context, Cooldown, Value, channel_admin, filters, internal_user, member_of
from odoochat.client.client import Client
from odoochat.model import Person
from tests.tui.test_story import Browser, Place, place  # noqa: F401 - a fixture

pytestmark = pytest.mark.timeout(120)


def a_bot(room: int) -> Bot:
    bot = Bot("story", where=filters.channel(room))
    greeted = Value("greeted", int, default=0, per="person")

    @bot.command
    async def order(ctx: Context) -> None:
        size = await ctx.choose("Which size?", ["small", "large"], timeout=60)
        count = await ctx.ask("How many?", int, timeout=60)
        if await ctx.confirm("Order now?", timeout=60):
            await ctx.reply(f"{count} times {size}")

    @bot.command(cooldown=Cooldown(1, timedelta(hours=1)))
    async def greet(ctx: Context, who: Person) -> str:
        greeted.set(ctx, greeted.get(ctx) + 1)
        return f"greetings to {who.login}, number {greeted.get(ctx)}"

    @bot.command(allow=internal_user & member_of("base.group_system"))
    async def shutdown() -> str:
        return "for administrators"

    @bot.command(allow=channel_admin & ~member_of("base.group_system"))
    async def rename() -> str:
        return "for the creator"

    @bot.message(filters.pattern(r"echo (?P<what>.+)"))
    async def echo(ctx: Context, what: str) -> str:
        return f"received {what}"

    return bot


@asynccontextmanager
async def talking(place: Place) -> AsyncIterator[tuple[Client, int]]:  # noqa: F811
    """Alice's account runs the bot in a channel that Bob has created for Admin and the bot."""
    async with (
        odoochat.connect(place.url, db=place.db, login="bob", password="bob") as bob,
        odoochat.connect(place.url, db=place.db, login="alice", password="alice") as alice,
    ):
        room = await bob.create(f"bots {uuid.uuid4().hex[:8]}", people=["alice", "admin"])
        await alice.refresh()
        stop = asyncio.Event()
        runner = a_bot(room.id).runner(alice)
        task = asyncio.create_task(runner.run(stop))
        ready = asyncio.create_task(runner.ready.wait())
        try:
            await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
            yield bob, room.id
        finally:
            ready.cancel()
            stop.set()
            await task


async def until(person: Browser, room: int, text: str) -> None:
    """Wait until a person sees a text, as a browser that looks again and again."""
    async with asyncio.timeout(30):
        while text not in await person.texts(room):
            await asyncio.sleep(0.1)


async def test_a_person_with_a_browser(place: Place) -> None:  # noqa: F811
    async with talking(place) as (bob, room), Browser(place, "admin") as admin:
        await admin.post(room, "echo one")
        await until(admin, room, "received one")
        await admin.post(room, "/order")
        await until(admin, room, "Which size?")
        await admin.post(room, "2")
        await until(admin, room, "How many?")
        await admin.post(room, "many")
        await until(admin, room, "must be a whole number")
        await bob.channel(room).send("echo two")  # another person is not kept waiting
        await until(admin, room, "received two")
        await admin.post(room, "3")
        await until(admin, room, "Order now?")
        await admin.post(room, "yes")
        await until(admin, room, "3 times large")
        await admin.post(room, "/greet bob")
        await until(admin, room, "greetings to bob, number 1")
        await admin.post(room, "/greet bob")
        await until(admin, room, "Not so fast")
        await admin.post(room, "/shutdown")
        await until(admin, room, "for administrators")
        await bob.channel(room).send("/shutdown")
        await until(admin, room, "members of base.group_system only")
        await bob.channel(room).send("/rename")
        await until(admin, room, "for the creator")
        await admin.post(room, "/rename")
        await until(admin, room, "/rename is for administrators of the channel and not members")
