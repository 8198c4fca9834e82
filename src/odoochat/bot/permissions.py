"""Permission filters, which look up people's roles in Odoo."""

from __future__ import annotations

from odoochat.bot.context import Context, EventContext
from odoochat.bot.filters import Filter, Outcome
from odoochat.client.client import Client
from odoochat.errors import AccessDenied, ConfigError, NotFound
from odoochat.model import Author

__all__ = ["channel_admin", "internal_user", "member_of"]


async def _user(odoo: Client, author: Author) -> tuple[int, bool] | None:
    """Return the id of a person's user and whether that user is internal, or None if the person has no user."""
    if author.kind != "partner":
        return None
    domain = [["partner_id", "=", author.id]]
    rows = await odoo.execute("res.users", "search_read", domain=domain, fields=["share"], limit=1)
    return (int(rows[0]["id"]), not rows[0]["share"]) if rows else None


async def _is_internal(ctx: EventContext) -> Outcome:
    if not isinstance(ctx, Context):
        return False
    user = await _user(ctx.odoo, ctx.author)
    return user is not None and user[1]


internal_user = Filter(_is_internal, "internal users")
"""Internal users, as opposed to portal users, guests and email senders."""


def member_of(group: str) -> Filter:
    """Return a filter for members of a user group or of groups that imply it.

    Args:
        group: the group's external id, e.g. ``base.group_system`` or ``sales_team.group_sale_manager``.

    Raises:
        ConfigError: `group` is not an external id.
    """
    module, _, name = group.partition(".")
    if not (module and name):
        raise ConfigError(f"{group!r} is not a group's external id; use one such as base.group_system")

    async def check(ctx: EventContext) -> Outcome:
        if not isinstance(ctx, Context):
            return False
        return await is_member(ctx.odoo, ctx.author, module, name)

    return Filter(check, f"members of {group}")


async def is_member(odoo: Client, author: Author, module: str, name: str) -> bool:
    """Return whether a person is a member of a group.

    Args:
        odoo: the client.
        author: the person.
        module: the module part of the group's external id.
        name: the name part of the external id.

    Raises:
        ConfigError: the group does not exist.
    """
    user = await _user(odoo, author)
    if user is None:
        return False
    try:
        found = await odoo.execute("ir.model.data", "check_object_reference", module=module, xml_id=name)
    except (AccessDenied, NotFound):
        raise
    except Exception as error:
        raise ConfigError(f"cannot find the group {module}.{name}: {error}") from error
    if found[0] != "res.groups":
        raise ConfigError(f"{module}.{name} is a {found[0]}, not a user group")
    known = await odoo.execute("res.groups", "fields_get", attributes=["type"])
    # In Odoo 19, `user_ids` excludes and `all_user_ids` includes the members of groups that imply this one. Before Odoo
    # 19, `users` includes them.
    field = next(each for each in ("all_user_ids", "users") if each in known)
    domain = [["id", "=", found[1]], [field, "in", [user[0]]]]
    return bool(await odoo.execute("res.groups", "search_read", domain=domain, fields=["id"], limit=1))


async def _is_channel_admin(ctx: EventContext) -> Outcome:
    if not isinstance(ctx, Context) or ctx.message.record is not None:
        return False
    user = await _user(ctx.odoo, ctx.author)
    if user is None:
        return False
    model = ctx.odoo.server.channel_model
    rows = await ctx.odoo.execute(model, "read", [ctx.channel.id], fields=["create_uid"])
    creator = rows[0]["create_uid"] if rows else None
    if creator and creator[0] == user[0]:
        return True
    return await is_member(ctx.odoo, ctx.author, "base", "group_system")


channel_admin = Filter(_is_channel_admin, "administrators of the channel")
"""The person who created the channel, and Odoo administrators (``base.group_system``)."""
