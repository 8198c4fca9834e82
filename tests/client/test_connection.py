"""What a client reports about its server and its login."""

from __future__ import annotations

import pytest

from odoochat import ApiKeyOnly, NotFound, NotSupported, UsageError
from odoochat.sandbox import Sandbox
from tests.timings import quick_connect


async def test_a_channel_may_be_called_by_digits() -> None:
    async with Sandbox(19) as box, quick_connect(box.url, login="alice", password="alice", live=False) as odoo:
        made = await odoo.create("2026")
        assert odoo.channel("2026") == odoo.channel("#2026") == odoo.channel(made.id) == made
        with pytest.raises(NotFound, match="2027"):
            odoo.channel("2027")


async def test_what_can_be_done_is_reported_beforehand() -> None:
    async with (
        Sandbox(14) as old,
        Sandbox(19) as new,
        quick_connect(old.url, login="alice", password="alice", live=False) as in_old,
        quick_connect(new.url, login="alice", password="alice", live=False) as in_new,
        quick_connect(new.url, login="alice", api_key=new.api_key("alice"), live=False) as by_key,
    ):
        assert [odoo.server.can("react") for odoo in (in_old, in_new, by_key)] == [False, True, False]
        assert [odoo.server.can("pin") for odoo in (in_old, in_new, by_key)] == [False, True, True]
        with pytest.raises(NotSupported, match="Odoo 15"):
            in_old.server.require("react")
        with pytest.raises(ApiKeyOnly, match="log in with a password"):
            by_key.server.require("react")
        in_new.server.require("react")
        with pytest.raises(UsageError, match="'dance'"):
            in_new.server.can("dance")
