"""Other people's clients at work, run as a program, because they leave sockets open: `other_clients.py CLIENT …`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import odoolib
import odooly
import odoorpc


class Server(NamedTuple):
    """Where to log in as an administrator."""

    url: str
    db: str
    password: str


def by_odoorpc(server: Server, unique: str) -> list[Any]:
    parts = urlsplit(server.url)
    odoo = odoorpc.ODOO(parts.hostname, port=parts.port)
    odoo.login(server.db, "admin", server.password)
    partners = odoo.env["res.partner"]
    made = partners.create({"name": unique})
    made = made[0] if isinstance(made, list) else made
    assert partners.search([("name", "=", unique)]) == [made]
    assert partners.read([made], ["name"])[0]["name"] == unique
    record = partners.browse(made)
    record.email = f"{unique}@example.com"  # written at once
    record.message_post(body="hello")
    assert odoo.env.user.partner_id.name == odoo.env.user.name
    messages = odoo.env["mail.message"]
    found = messages.browse(messages.search([("model", "=", "res.partner"), ("res_id", "=", made)], limit=1))
    return [partners.browse(made).email, found[0].body]


def by_odooly(server: Server, unique: str) -> list[Any]:
    client = odooly.Client(server.url, server.db, "admin", server.password)
    partners = client.env["res.partner"]
    made = partners.create({"name": unique})
    assert partners.search([("name", "=", unique)]).ids == [made.id]
    assert made.read("name") == unique
    made.write({"email": f"{unique}@example.com"})
    made.message_post(body="hello")
    assert client.env.user.partner_id.name == client.env.user.name
    found = client.env["mail.message"].search([("model", "=", "res.partner"), ("res_id", "=", made.id)], limit=1)
    return [partners.get(made.id).email, found[0].body]


def by_odoolib(server: Server, unique: str, protocol: str) -> list[Any]:
    parts = urlsplit(server.url)
    connection = odoolib.get_connection(
        hostname=parts.hostname, port=parts.port, protocol=protocol, database=server.db, login="admin",
        password=server.password,
    )  # fmt: skip
    connection.check_login()
    partners = connection.get_model("res.partner")
    made = partners.create({"name": unique})
    assert partners.search([("name", "=", unique)]) == [made]
    assert partners.search_read([("id", "=", made)], ["name"])[0]["name"] == unique
    assert partners.write([made], {"email": f"{unique}@example.com"})
    partners.message_post(made, body="hello")
    found = connection.get_model("mail.message").search_read(
        [("model", "=", "res.partner"), ("res_id", "=", made)], ["body"], limit=1
    )
    return [partners.read([made], ["email"])[0]["email"], found[0]["body"]]


def employee_by_odooly(server: Server, unique: str) -> list[Any]:
    """odooly asks for the models by another method when the user may not read them."""
    client = odooly.Client(server.url, server.db, "alice", "alice")
    return [row["name"] for row in client.env["res.partner"].search([("name", "=", "Bob")]).read(["name"])]


CLIENTS: dict[str, Callable[[Server, str], list[Any]]] = {
    "odoorpc": by_odoorpc,
    "odooly": by_odooly,
    "odooly of an employee": employee_by_odooly,
    "odoolib by json": lambda server, unique: by_odoolib(server, unique, "jsonrpc"),
    "odoolib by xml": lambda server, unique: by_odoolib(server, unique, "xmlrpc"),
}

if __name__ == "__main__":
    url, db, password, unique = sys.argv[1:]
    print(
        json.dumps(
            {name: run(Server(url, db, password), f"{unique}{n}") for n, (name, run) in enumerate(CLIENTS.items())}
        )
    )
