"""Edits and deletions of messages that are not the user's, or not there."""

from __future__ import annotations

import pytest

from odoochat import AccessDenied, NotFound
from odoochat.sandbox import SandboxFixture


@pytest.mark.odoo_versions(15, 19)
async def test_the_error_names_the_message_that_cannot_be_changed(odoo_sandbox: SandboxFixture) -> None:
    theirs = odoo_sandbox.post("bob", "general", "not yours")
    async with odoo_sandbox.login("ann", live=False) as ann:
        general = ann.channel("general")
        message = await ann.fetch_message(theirs)
        with pytest.raises(AccessDenied, match=f"message {theirs} is not yours; only its author can change it"):
            await general.edit(theirs, "mine now")
        with pytest.raises(AccessDenied, match=f"message {theirs} is not yours"):
            await general.delete(message)
        for number in (theirs, 4711):
            with pytest.raises(NotFound, match=f"no message {number} that you can change"):
                await general.delete(number)
    assert odoo_sandbox.posted("general") == ["not yours"]
