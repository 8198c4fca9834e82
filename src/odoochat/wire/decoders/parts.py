"""Decodes parts of notifications: authors, files, reactions, members, previews, and updates for a single user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from odoochat.events import (
    AttachmentRemoved,
    InboxRead,
    MemberJoined,
    MemberLeft,
    NoticeReceived,
    PreviewsChanged,
    ReactionChanged,
    StarChanged,
)
from odoochat.model import Attachment, Author, AuthorKind, LinkPreview, Reaction
from odoochat.wire.content import body
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.updates import CountersPatch, MessagePatch, Names, Update
from odoochat.wire.values import (
    attachment,
    count,
    dicts,
    identifier,
    identifiers,
    is_array,
    is_object,
    items,
    pair,
    sender,
    when,
)

__all__ = [
    "files",
    "flattened",
    "local_id",
    "member_changes",
    "member_channel",
    "mentioned_ids",
    "message_author",
    "message_changes",
    "message_reactions",
    "people_changes",
    "persona",
    "personal_updates",
    "preview_changes",
    "previews",
    "reaction",
    "reaction_changes",
    "reactors",
]


PREVIEWS_MOST = 100
"""Maximum number of link previews decoded per message, far more than Odoo creates."""


def local_id(value: object) -> str | None:
    """Return the ``temporary_id`` if this client sent the post, otherwise None.

    Args:
        value: the ``temporary_id`` value; this client always sends strings.
    """
    return value if isinstance(value, str) and value else None


def message_author(value: Mapping[str, Any], names: Names) -> Author:
    """Decode the author of a message dict.

    The author is an ``author_id`` pair (Odoo 14 and 15) or an ``author`` dict (Odoo 16 and 17). A guest is in
    ``guestAuthor`` or ``author_guest_id``.

    Args:
        value: the message dict.
        names: known names, updated in place.
    """
    author = value.get("author", value.get("author_id"))
    if is_object(author) and author.get("type") == "guest":
        guest, name = pair(author)
        return names.author("guest", guest, name)
    partner, name = pair(author)
    if partner:
        # A pair contains the display name: "Company, Name".
        return names.author("partner", partner, name, display=not is_object(author))
    guests = value.get("guestAuthor", value.get("author_guest_id"))
    if is_array(guests) and guests and is_array(guests[0]):
        guests = next((c[1] for c in guests if is_array(c) and len(c) > 1), None)
    guest, name = pair(guests)
    return names.author("guest", guest, name) if guest else sender(value.get("email_from"))


def persona(value: Mapping[str, Any], names: Names) -> Author | None:
    """Decode the person in a typing or seen payload, or return None if there is none.

    Odoo 14 and 15 send ``partner_id`` and ``partner_name``, Odoo 16 ``persona: {"partner": {…}}`` or
    ``{"guest": {…}}``, and Odoo 17 ``persona: {"id", "name", "type"}``.

    Args:
        value: the payload.
        names: known names, updated in place.
    """
    someone = value.get("persona")
    if is_object(someone):
        kinds: tuple[AuthorKind, ...] = ("partner", "guest")
        for kind in kinds:
            if is_object(someone.get(kind)):
                number, name = pair(someone[kind])
                return names.author(kind, number, name) if number else None
        number, name = pair(someone)
        return names.author("guest" if someone.get("type") == "guest" else "partner", number, name) if number else None
    if number := identifier(value.get("partner_id")):
        given = value.get("partner_name")
        return names.author("partner", number, safe_name(given) if isinstance(given, str) else "")
    number = identifier(value.get("guest_id"))
    return names.author("guest", number) if number else None


def member_channel(value: Mapping[str, Any]) -> int:
    """Return the channel id in a membership payload, or 0 if it is missing.

    Args:
        value: the payload.
    """
    return identifier(value.get("channel_id")) or pair(value.get("channel"))[0] or pair(value.get("thread"))[0]


def files(value: object) -> tuple[Attachment, ...]:
    """Decode a message's attachments, oldest first; Odoo sends them newest first.

    Args:
        value: attachment dicts.
    """
    there = (attachment(f) for f in dicts(value))
    return tuple(sorted((f for f in there if f.id), key=lambda f: f.id))


def message_changes(value: Mapping[str, Any]) -> list[Update]:
    """Decode an edit from a partial message dict; empty if the body is missing (reactions, stars, pins).

    Args:
        value: the message dict.
    """
    if not identifier(value.get("id")) or "body" not in value:
        return []
    there = value.get("attachments", value.get("attachment_ids"))
    if is_array(there) and there and is_array(there[0]):
        there = [f for command in there if len(items(command)) > 1 for f in dicts(command[1])]
    return [
        MessagePatch(
            value["id"],
            html=body.body_html(value["body"]),
            written=when(value.get("write_date")),
            attachments=files(there) if is_array(there) else None,
        )
    ]


def reaction_changes(value: Mapping[str, Any], names: Names) -> Iterator[Update]:
    """Decode reactions as sent by Odoo 15 and 16: ``[["insert", {"content", "count"}]]``; ``unlink`` removes one.

    Args:
        value: the message dict.
        names: known names, updated in place.
    """
    number = identifier(value.get("id"))
    for command in items(value.get("messageReactionGroups")):
        if is_array(command) and len(command) == 2 and isinstance(command[0], str):
            for group in dicts(command[1]):
                gone, content = "unlink" in command[0], group.get("content")
                if number and isinstance(content, str):
                    who = () if gone else reactors(group, names)
                    yield ReactionChanged(number, content, 0 if gone else count(group.get("count")), who)


def preview_changes(value: Mapping[str, Any]) -> list[Update]:
    """Decode the link previews in a partial message dict (Odoo 16).

    Args:
        value: the message dict.
    """
    if "linkPreviews" not in value or not identifier(value.get("id")):
        return []
    return [PreviewsChanged(value["id"], previews(value["linkPreviews"]))]


def personal_updates(kind: str, value: Mapping[str, Any], names: Names) -> list[Update]:
    """Decode a notification sent only to the current user: inbox, stars, a notice, or command output.

    Args:
        kind: notification type; in Odoo 14, the marker in the notification's dict.
        value: the payload.
        names: known names, updated in place.

    Returns:
        The updates; empty for any other type of notification.
    """
    numbers = tuple(identifiers(value.get("message_ids")))
    match kind.rpartition("/")[2]:
        case "mark_as_read":
            updates: list[Update] = [InboxRead(numbers)]
            left = value.get("needaction_inbox_counter")
            return [*updates, CountersPatch(inbox=left)] if isinstance(left, int) and left == count(left) else updates
        case "toggle_star":
            return [StarChanged(numbers, value.get("starred") is True)]
        case "simple_notification":
            title, text = (body.safe_line(str(value.get(k) or ""), 500) for k in ("title", "message"))
            return [NoticeReceived(f"{title}: {text}" if title and text else title or text)]
        case "transient_message":
            where = member_channel(value) or identifier(value.get("res_id")) or identifier(value.get("id"))
            text = body.to_text(value.get("body"))
            return [NoticeReceived(text, names.channel(where) if where else None)]
        case "delete" if kind.startswith("ir.attachment"):
            return [AttachmentRemoved(number)] if (number := identifier(value.get("id"))) else []
        case _:
            return []


def message_reactions(value: Mapping[str, Any], names: Names) -> tuple[Reaction, ...]:
    """Decode all reactions in a message dict: ``messageReactionGroups`` (Odoo 15 and 16), ``reactions`` (17).

    Args:
        value: the message dict.
        names: known names, updated in place.
    """
    given = value.get("reactions") or value.get("messageReactionGroups")
    if not given:
        return ()
    groups = dicts(flattened(given))
    return tuple(made for g in groups if (made := reaction(g, names)) is not None)


def reaction(group: Mapping[str, Any], names: Names) -> Reaction | None:
    """Decode a reaction group, or return None if it has no emoji or no authors.

    Args:
        group: ``{"content", "count", …}``.
        names: known names, updated in place.
    """
    content, many = group.get("content"), count(group.get("count"))
    return Reaction(content, many, reactors(group, names)) if isinstance(content, str) and many else None


def reactors(group: Mapping[str, Any], names: Names) -> tuple[Author, ...]:
    """Decode a reaction's authors; the lists may contain commands.

    The authors are in ``personas`` (Odoo 17 and 18), or in ``partners`` and ``guests`` (15, 16 and 19).

    Args:
        group: the reaction group.
        names: known names, updated in place.
    """
    found: list[Author] = []
    kinds: tuple[tuple[AuthorKind, str], ...] = (("partner", "partners"), ("guest", "guests"))
    for person in flattened(group.get("personas")):
        number, name = pair(person)
        kind: AuthorKind = "guest" if is_object(person) and person.get("type") == "guest" else "partner"
        found.append(names.author(kind, number, name))
    for kind, key in kinds:
        for person in flattened(group.get(key)):
            number, name = pair(person)
            found.append(names.author(kind, number, name))
    return tuple(a for a in found if a.id)


def flattened(value: object) -> list[Any]:
    """Return the items of a list, unpacking commands: ``[["insert", […]]]`` (Odoo 15 and 16), ``[["ADD", […]]]``.

    Args:
        value: the list; any other value is treated as empty.
    """
    if not value:
        return []
    found: list[Any] = []
    for thing in items(value):
        if is_array(thing) and len(thing) == 2 and isinstance(thing[0], str):
            found += items(thing[1]) if is_array(thing[1]) else [thing[1]]
        else:
            found.append(thing)
    return found


def mentioned_ids(value: object) -> tuple[int, ...]:
    """Return the mentioned people's partner ids.

    Args:
        value: ids, pairs or dicts.
    """
    return tuple(i for i in (pair(thing)[0] for thing in flattened(value)) if i)


def previews(value: object) -> tuple[LinkPreview, ...]:
    """Decode link previews: ``og_title``, ``og_description``, ``og_image``, ``source_url`` of ``mail.link.preview``.

    At most `PREVIEWS_MOST` are decoded; Odoo creates up to six per message. Source:
    addons/mail/models/mail_link_preview.py, `_create_from_message_and_notify` (19.0).

    Args:
        value: dicts, possibly inside commands.
    """
    if not value:
        return ()
    found: list[LinkPreview] = []
    for row in islice(flattened(value), PREVIEWS_MOST):
        if is_object(row) and isinstance(url := row.get("source_url"), str):
            title, text, image = (row.get(k) for k in ("og_title", "og_description", "og_image"))
            picture = image if isinstance(image, str) and image else ""
            if not picture and str(row.get("image_mimetype") or "").startswith("image/"):
                picture = url
            found.append(
                LinkPreview(
                    body.safe_line(url, 2000),
                    body.safe_line(title) if isinstance(title, str) else "",
                    body.safe_line(text, 500) if isinstance(text, str) else "",
                    body.safe_line(picture, 2000),
                )
            )
    return tuple(found)


def people_changes(channel_id: int, value: Mapping[str, Any], names: Names) -> Iterator[Update]:
    """Decode joins and departures in Odoo 15, where ``members`` and ``guestMembers`` list people, not memberships.

    The current user is not included. Source: addons/mail/models/mail_channel.py, `add_members` and `_action_unfollow`
    (15.0).

    Args:
        channel_id: channel id.
        value: the payload.
        names: known names, updated in place.
    """
    channel = names.channel(channel_id)
    kinds: tuple[tuple[AuthorKind, str], ...] = (("partner", "members"), ("guest", "guestMembers"))
    for kind, key in kinds:
        for command in items(value.get(key)):
            if is_array(command) and len(command) == 2 and isinstance(command[0], str):
                for number, name in map(pair, dicts(command[1])):
                    if number:
                        author = names.author(kind, number, name)
                        gone = "unlink" in command[0]
                        yield MemberLeft(channel, author) if gone else MemberJoined(channel, author)


def member_changes(channel_id: int, commands: object, names: Names) -> Iterator[Update]:
    """Decode joins and departures from membership commands.

    The commands are ``[["insert", member]]`` and ``[["insert-and-unlink", {"id"}]]`` (Odoo 16), or ``["ADD", […]]`` and
    ``["DELETE", […]]`` (17).

    Args:
        channel_id: channel id; if 0, nothing is decoded.
        commands: the commands in the payload.
        names: known names, updated in place.
    """
    channel = names.channel(channel_id)
    for command in items(commands) if channel_id else ():
        if not (is_array(command) and len(command) == 2 and isinstance(command[0], str)):
            continue
        gone = "unlink" in command[0] or command[0] == "DELETE"
        for row in dicts(command[1]):
            author = names.member(identifier(row.get("id")), persona(row, names))
            if author is not None:
                yield MemberLeft(channel, author) if gone else MemberJoined(channel, author)
