"""Runs inside an Odoo shell (`odoo19-up shell`, `odoo14-up shell`), and does what the test's process asks it to.

The shell's stdin is used up by this very text, so questions and answers go over a loopback socket: a JSON line each.
PORT and MODEL are set by a line put before. Written for the Python 3.9 of Odoo 14 too.
"""

import json
import socket
import traceback

env = globals()["env"]
cursors = {"main": env.cr}


def cursor(name):
    if name not in cursors:  # from 16 on only: before, all cursors of a thread share one cache
        cursors[name] = env.registry.cursor()
    return cursors[name]


def do_post(cursor_name, uid, channel, text, flush=False, commit=True):
    """A real message_post by a user; its id. With `flush` the bus rows get their ids too."""
    cr = cursor(cursor_name)
    cr.execute("SET LOCAL lock_timeout = '4s'")
    made = (
        env(cr=cr, user=uid)[globals()["MODEL"]]
        .browse(channel)
        .message_post(body=text, message_type="comment", subtype_xmlid="mail.mt_comment")
    )
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


def do_rollback(cursor_name):
    cr = cursor(cursor_name)
    if hasattr(env, "clear"):
        env.clear()
    cr.rollback()


def do_world(people, channels, keys):
    """Users, channels that all of them are members of, and API keys for some."""
    new = hasattr(env["res.users"], "group_ids")
    out = {"users": {}, "channels": [], "keys": {}}
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
            answer = {"error": "%s: %s" % (type(error).__name__, str(error)[:300])}
        file.write(json.dumps(answer) + "\n")
        file.flush()
    for cr in cursors.values():
        if cr is not env.cr:
            cr.rollback()
            cr.close()


main()
