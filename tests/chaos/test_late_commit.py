"""A message with a lower id that is committed last reaches everybody, once, on a real Odoo."""

from __future__ import annotations

import pytest

from tests.chaos.late_commit import story
from tests.chaos.odoo import Odoo


@pytest.mark.odoo
@pytest.mark.timeout(240)
@pytest.mark.parametrize("version", [19, 14])
async def test_a_lower_id_committed_last_comes_once_by_every_transport(version: int) -> None:
    odoo = Odoo(version)
    await odoo.begin(fresh=False)
    cases = [(0.5, False), (3.0, True), (25.0, True)] if version == 19 else [(3.0, True), (25.0, True)]
    for outcome in await story(odoo, cases):
        print(outcome)
        assert outcome.late < outcome.early
        assert {name: heard[:2] for name, heard in outcome.heard.items()} == dict.fromkeys(outcome.heard, (1, 1))
