"""Runs inside an Odoo shell (`odoo19-up shell`, `odoo14-up shell`), and does what the test's process asks it to.

The shell's stdin is used up by this very text, so questions and answers go over a loopback socket: a JSON line each.
PORT and MODEL are set by a line put before. Written for the Python 3.9 of Odoo 14 too.
"""

import json
import socket
import traceback
from typing import Any

env = globals()["env"]
cursors = {"main": env.cr}


def cursor(name):
    if name not in cursors:  # from 16 on only: before, all cursors of a thread share one cache
        cursors[name] = env.registry.cursor()
    return cursors[name]


def do_post(cursor_name, uid, channel, text, flush=False, commit=True, unknown=False, old=False):
    """A real message_post by a user; its id. With `flush` the bus rows get their ids too.

    An `unknown` author is the address of a mail that belongs to no contact of the database; an `old` message has a date years ago.
    """
    more = {"author_id": False, "email_from": "Some One <some@example.org>"} if unknown else {}
    cr = cursor(cursor_name)
    cr.execute("SET LOCAL lock_timeout = '4s'")
    made = (
        env(cr=cr, user=uid)[globals()["MODEL"]]
        .browse(channel)
        .message_post(body=text, message_type="comment", subtype_xmlid="mail.mt_comment", **more)
    )
    if old:
        made.sudo().write({"date": "2011-03-01 08:00:00"})
    number = made.id
    if flush and hasattr(cr, "flush"):
        cr.flush()
    elif flush:
        env["base"].flush()
    if commit:
        do_commit(cursor_name)
    return number


def do_commit(cursor_name):
    cr = cursor(cursor_name)
    cr.commit()
    if hasattr(env["base"], "invalidate_cache"):
        env["base"].invalidate_cache()


def do_crowd(author, channels, count, gap=0):
    """Lets others write `count` messages into channels of theirs and about a contact, as an import does: no post.

    With `gap` so many ids are used up afterwards.
    """
    cr = cursor("main")
    model = globals()["MODEL"]
    kinds = [(model, channel) for channel in channels] + [("res.partner", 1)]
    subtype = env.ref("mail.mt_comment").id
    for number in range(count):
        kind, record = kinds[number % len(kinds)]
        cr.execute(
            "INSERT INTO mail_message (model, res_id, author_id, body, message_type, subtype_id, date, create_uid, "
            "write_uid, create_date, write_date) VALUES (%s, %s, %s, '<p>among us</p>', 'comment', %s, "
            "now() AT TIME ZONE 'UTC' - interval '1 day' * %s, 1, 1, now() AT TIME ZONE 'UTC', "
            "now() AT TIME ZONE 'UTC') RETURNING id",
            (kind, record, author, subtype, number * 400),
        )
        (made,) = cr.fetchone()
        if model == "mail.channel" and kind == model and hasattr(env["mail.message"], "channel_ids"):
            cr.execute(
                "INSERT INTO mail_message_mail_channel_rel (mail_message_id, mail_channel_id) VALUES (%s, %s)",
                (made, record),
            )
    if gap:
        cr.execute("SELECT setval('mail_message_id_seq', nextval('mail_message_id_seq') + %s)", (gap,))
    do_commit("main")


def do_rename(uid, name):
    """Gives a user's partner another name."""
    env["res.users"].browse(uid).partner_id.write({"name": name})
    do_commit("main")


def do_rollback(cursor_name):
    cr = cursor(cursor_name)
    if hasattr(env, "clear"):
        env.clear()
    cr.rollback()


def do_world(people, channels, keys):
    """Users, channels that all of them are members of, and API keys for some."""
    new = hasattr(env["res.users"], "group_ids")
    out: Any = {"users": {}, "channels": [], "keys": {}}
    users = env["res.users"]
    for login in people:
        groups = [(6, 0, [env.ref("base.group_user").id])]
        user = (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": login,
                    "login": login,
                    "password": login,
                    "email": login + "@example.com",
                    "notification_type": "inbox",
                    "group_ids" if new else "groups_id": groups,
                }
            )
        )
        users |= user
        out["users"][login] = [user.id, user.partner_id.id]
    company = env["res.partner"].create({"name": "Chaos Corporation", "is_company": True})
    users.mapped("partner_id").write({"parent_id": company.id})
    if hasattr(env["res.lang"], "_activate_lang"):
        env["res.lang"]._activate_lang("fr_FR")
        users[:1].write({"lang": "fr_FR"})
    gone = env["res.partner"].create({"name": "Archived", "parent_id": company.id, "active": False})
    out["crowd"] = {"author": gone.id, "channels": []}
    for name in ("board", "board 2"):  # of the administrator alone
        kind = {"channel_type": "group"} if new else {"public": "private", "email_send": False}
        out["crowd"]["channels"].append(env[globals()["MODEL"]].create(dict(kind, name=name)).id)
    for name in channels:
        model = env[globals()["MODEL"]]
        if new:
            channel = model.create({"name": name, "channel_type": "channel"})
            channel._add_members(users=users)
        else:
            channel = model.create({"name": name, "channel_type": "channel", "public": "groups", "email_send": False})
            channel.write({"channel_partner_ids": [(4, p) for p in users.mapped("partner_id").ids]})
        out["channels"].append(channel.id)
    for login in keys:
        maker = env(user=out["users"][login][0])["res.users.apikeys"].sudo()
        if new:
            from datetime import timedelta

            out["keys"][login] = maker._generate("rpc", "chaos", env.cr.now() + timedelta(days=30))
        else:
            out["keys"][login] = maker._generate("rpc", "chaos")
    do_commit("main")
    if hasattr(env.registry, "signal_changes"):
        env.registry.signal_changes()
    return out


def main():
    line = socket.create_connection(("127.0.0.1", globals()["PORT"]))
    file = line.makefile("rw", encoding="utf-8")
    for text in file:
        ask = json.loads(text)
        try:
            answer = {"ok": globals()["do_" + ask.pop("do")](**ask)}
        except Exception as error:
            name = ask.get("cursor_name", "main")
            try:
                do_rollback(name)
            except Exception:
                traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {str(error)[:300]}"}
        file.write(json.dumps(answer) + "\n")
        file.flush()
    for cr in cursors.values():
        if cr is not env.cr:
            cr.rollback()
            cr.close()


main()
