"""Live servers for the benchmarks, with dedicated users and channels, which SQL fills within seconds.

`tests/odoo/odoo19-up` and `tests/odoo/odoo14-up` start the servers. Data created here stays until the next ``fresh``.
"""

from __future__ import annotations

import shlex
import subprocess
import xmlrpc.client
from functools import cached_property
from pathlib import Path
from typing import Any

__all__ = ["LiveServer", "live_servers"]

SCRIPTS = Path(__file__).parent.parent / "tests" / "odoo"


class LiveServer:
    """A live Odoo server with the data that the benchmarks need.

    Args:
        version: 14 or 19.
    """

    def __init__(self, version: int) -> None:
        self.version = version
        self.channel_model = "mail.channel" if version < 17 else "discuss.channel"
        self.member_model = "mail.channel.partner" if version < 16 else "discuss.channel.member"

    def _script(self, *arguments: str, text: str | None = None) -> str:
        command = [str(SCRIPTS / f"odoo{self.version}-up"), *arguments]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout

    @cached_property
    def facts(self) -> dict[str, str]:
        """The addresses, ids and keys that the script prints."""
        return dict(item.split("=", 1) for item in shlex.split(self._script("env")))

    @property
    def url(self) -> str:
        """The address."""
        return self.facts["ODOO_URL"]

    @property
    def db(self) -> str:
        """The database."""
        return self.facts["ODOO_DB"]

    def sql(self, statement: str) -> str:
        """Run SQL on the database, and return the rows without decoration."""
        return self._script("psql", "-qAt", "-v", "ON_ERROR_STOP=1", text=statement)

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a model as the administrator."""
        proxy = xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/object", allow_none=True)
        uid, password = int(self.facts["ODOO_ADMIN_UID"]), self.facts["ODOO_ADMIN_PASSWORD"]
        return proxy.execute_kw(self.db, uid, password, model, method, list(args), kwargs)

    def user(self, login: str) -> int:
        """Return the partner of a user whose password is the login, creating the user if missing."""
        known = self.call("res.users", "search_read", [["login", "=", login]], fields=["partner_id"])
        if not known:
            made = self.call(
                "res.users",
                "create",
                {"name": login.title(), "login": login, "password": login, "email": f"{login}@example.com"},
            )
            known = self.call("res.users", "read", [made], fields=["partner_id"])
        return int(known[0]["partner_id"][0])

    def key(self, login: str) -> str:
        """Return a new API key for a user."""
        generate = "_generate('rpc', 'bench', fields.Datetime.add(fields.Datetime.now(), days=30))"
        if self.version < 18:
            generate = "_generate('rpc', 'bench')"
        script = (
            "from odoo import fields\n"
            f"user = env['res.users'].search([('login', '=', '{login}')])\n"
            f"print('KEY', env(user=user.id)['res.users.apikeys'].sudo().{generate})\nenv.cr.commit()\n"
        )
        return next(line.split()[1] for line in self._script("shell", text=script).splitlines() if "KEY " in line)

    def channel(self, name: str, partners: list[int], messages: int = 0) -> int:
        """Return a private channel by name, creating and filling it if missing.

        Args:
            name: the channel's name; the same name always means the same content.
            partners: the members.
            messages: number of messages in it, each a paragraph of about 60 characters.
        """
        known = self.call(self.channel_model, "search", [["name", "=", name]])
        if not known:
            lines = [[0, 0, {"partner_id": partner}] for partner in partners]
            if self.version < 17:
                private = {"channel_type": "channel", "public": "private", "channel_last_seen_partner_ids": lines}
            else:
                private = {"channel_type": "group", "channel_member_ids": lines}
            known = [self.call(self.channel_model, "create", {"name": name, **private})]
        number = int(known[0] if isinstance(known, list) else known)
        there = int(self.sql(f"{self._counted(number)};"))
        if there < messages:
            self.post(number, partners, messages - there)
        return number

    def _counted(self, channel: int) -> str:
        return f"select count(*) from mail_message where model = '{self.channel_model}' and res_id = {channel}"

    def post(self, channel: int, partners: list[int], messages: int) -> None:
        """Add comments to a channel, by its members in turn, without sending notifications."""
        authors = ",".join(map(str, partners))
        moderated = ("moderation_status, record_name,", "'accepted', 'bench',") if self.version < 15 else ("", "")
        linked = ""
        if self.version < 15:
            linked = (
                "insert into mail_message_mail_channel_rel (mail_message_id, mail_channel_id) select id, "
                f"{channel} from made;"
            )
        self.sql(
            "with made as (insert into mail_message"
            f" (model, res_id, message_type, subtype_id, {moderated[0]} author_id, body, date, create_date, write_date,"
            "  create_uid, write_uid)"
            f" select '{self.channel_model}', {channel}, 'comment', (select res_id from ir_model_data where"
            f"  module = 'mail' and name = 'mt_comment'), {moderated[1]} (array[{authors}])[1 + n % {len(partners)}],"
            "  '<p>message ' || n || ' says what people say in a channel at work.</p>',"
            "  at, at, at, 1, 1"
            f" from (select n, date_trunc('second', now() at time zone 'utc') - interval '1 day'"
            f"  + n * interval '1 second' as at from generate_series(1, {messages}) as n) as rows returning id)"
            f" {linked or 'select count(*) from made;'}"
        )


def live_servers() -> list[LiveServer]:
    """Return the live servers."""
    return [LiveServer(19), LiveServer(14)]
