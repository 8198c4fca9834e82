"""The records in a store (Odoo 18 and later), indexed by model and id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from odoochat.model import Attachment, Author, AuthorKind, LinkPreview, Reaction
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.decoders.parts import flattened, previews, reaction
from odoochat.wire.updates import Names
from odoochat.wire.values import attachment, dicts, identifier, is_array, is_object, items, pair, sender

__all__ = ["StoreRecords"]

PEOPLE: tuple[tuple[AuthorKind, str], ...] = (("partner", "res.partner"), ("guest", "mail.guest"))


class StoreRecords:
    """The records in one store.

    Args:
        data: record lists by model.
        names: known names, updated in place.
    """

    def __init__(self, data: Mapping[str, Any], names: Names) -> None:
        self._data = data
        self._names = names
        self._tables: dict[str, dict[int, dict[str, Any]]] = {}
        self._groups: dict[int, dict[str, dict[str, Any]]] | None = None
        self._new_members: dict[int, list[dict[str, Any]]] | None = None

    def learn_names(self) -> Iterator[None]:
        """Add the store's names to the known names, one per step. Run this before decoding anything else."""
        for kind, model in PEOPLE:
            for row in dicts(self._data.get(model)):
                self._learn_name(kind, row)
                yield None

    @property
    def people(self) -> int:
        """The number of records in the store that describe people."""
        count = 0
        for _, model in PEOPLE:
            if rows := self._data.get(model):
                count += len(items(rows))
        return count

    def learn_all_names(self) -> None:
        """Add all of the store's names to the known names in one step."""
        for kind, model in PEOPLE:
            if rows := self._data.get(model):
                for row in dicts(rows):
                    self._learn_name(kind, row)

    def _learn_name(self, kind: AuthorKind, row: Mapping[str, Any]) -> None:
        name = row.get("name")
        if isinstance(name, str) and (number := identifier(row.get("id"))):
            self._names.author(kind, number, safe_name(name))

    def _table(self, model: str) -> dict[int, dict[str, Any]]:
        """Return a model's records by id; the index is cached, because there may be as many references as records."""
        if model not in self._data:
            return {}
        if (table := self._tables.get(model)) is None:
            table = {number: r for r in dicts(self._data.get(model)) if (number := identifier(r.get("id")))}
            self._tables[model] = table
        return table

    def author(self, row: Mapping[str, Any]) -> Author:
        """Decode a message's author: ``author`` (Odoo 18), ``author_id`` or ``author_guest_id`` (19).

        Args:
            row: the message record.
        """
        author = row.get("author")
        if author and is_object(author):
            kind: AuthorKind = "guest" if author.get("type") == "guest" else "partner"
            if number := identifier(author.get("id")):
                return self._names.author(kind, number)
        if partner := pair(row.get("author_id"))[0]:
            return self._names.author("partner", partner)
        guest = pair(row.get("author_guest_id"))[0]
        return self._names.author("guest", guest) if guest else sender(row.get("email_from"))

    def persona(self, row: Mapping[str, Any]) -> Author | None:
        """Decode a membership's member: ``persona`` (Odoo 18), ``partner_id`` or ``guest_id`` (19); None if missing.

        Args:
            row: the membership record.
        """
        someone = row.get("persona")
        if is_object(someone):
            kind: AuthorKind = "guest" if someone.get("type") == "guest" else "partner"
            if number := identifier(someone.get("id")):
                return self._names.author(kind, number)
        if partner := pair(row.get("partner_id"))[0]:
            return self._names.author("partner", partner)
        guest = pair(row.get("guest_id"))[0]
        return self._names.author("guest", guest) if guest else None

    def files(self, ids: object) -> tuple[Attachment, ...]:
        """Decode attachments, oldest first; Odoo sends them newest first.

        Args:
            ids: attachment ids.
        """
        if not ids:
            return ()
        rows = self._table("ir.attachment")
        found = sorted({pair(i)[0] for i in items(ids)} - {0})
        return tuple(attachment(rows.get(i, {"id": i})) for i in found)

    def reactions(self, message_id: int, inline: object = None) -> tuple[Reaction, ...]:
        """Decode a message's reactions: separate records (Odoo 18 and 19), or embedded in the message (20).

        Args:
            message_id: message id.
            inline: the message's ``reactions`` value.
        """
        if not inline and "MessageReactions" not in self._data:
            return ()
        own = self._own_groups().get(message_id)
        groups = list(own.values()) if own else [g for g in flattened(inline) if is_object(g) and "count" in g]
        return tuple(made for g in groups if (made := reaction(g, self._names)) is not None)

    def changed_reaction(self, message_id: int, group: Mapping[str, Any]) -> Reaction | None:
        """Decode the reaction in an ``ADD`` command, or return None if it is unknown.

        Odoo 18 and 19 send only the message and emoji, Odoo 20 the complete group.

        Args:
            message_id: message id.
            group: the reaction group in the command.
        """
        if "count" in group:
            return reaction(group, self._names)
        own = self._own_groups().get(message_id, {}).get(str(group.get("content")))
        return reaction(own, self._names) if own is not None else None

    def _own_groups(self) -> dict[int, dict[str, dict[str, Any]]]:
        """Return reaction groups stored as separate records, by message and emoji."""
        if self._groups is None:
            self._groups = {}
            for group in dicts(self._data.get("MessageReactions")):
                if isinstance(content := group.get("content"), str):
                    self._groups.setdefault(pair(group.get("message"))[0], {}).setdefault(content, group)
        return self._groups

    def rows(self, model: str, ids: object) -> list[dict[str, Any]]:
        """Return a model's records with the given ids, skipping those that the store does not contain.

        Args:
            model: the records' model.
            ids: ids or pairs, possibly inside commands.
        """
        known = self._table(model)
        if not known:
            return []
        return [known[i] for i in (pair(thing)[0] for thing in flattened(ids)) if i in known]

    def previews(self, row: Mapping[str, Any]) -> tuple[LinkPreview, ...] | None:
        """Decode a message's link previews: ``linkPreviews`` (Odoo 18), ``message_link_preview_ids`` (19).

        Args:
            row: the message record.

        Returns:
            The previews, or None if the record has no key for previews.
        """
        if "message_link_preview_ids" in row:
            if not row["message_link_preview_ids"]:
                return ()
            links = self.rows("mail.message.link.preview", row["message_link_preview_ids"])
            shown = [link.get("link_preview_id") for link in links if not link.get("is_hidden")]
            return previews(self.rows("mail.link.preview", shown))
        if "linkPreviews" in row:
            if not row["linkPreviews"]:
                return ()
            there = flattened(row["linkPreviews"])
            whole = there and is_object(there[0]) and "source_url" in there[0]
            return previews(there if whole else self.rows("mail.link.preview", there))
        return None

    def subtype(self, row: Mapping[str, Any]) -> str:
        """Return the name of a message's subtype, or "" if the store does not contain it.

        Args:
            row: the message record.
        """
        found = None
        if (subtypes := self._data.get("mail.message.subtype")) and (number := pair(row.get("subtype_id"))[0]):
            if is_array(subtypes) and len(subtypes) == 1 and is_object(only := subtypes[0]):
                found = only if only.get("id") == number else None  # true for almost every post
            else:
                found = self._table("mail.message.subtype").get(number)
        name = found.get("name") if found is not None else row.get("subtype_description")
        return name if isinstance(name, str) else ""

    def newcomers(self, channel_id: int) -> list[Author]:
        """Return members whose full membership record is in the store, which means that they have just joined.

        Args:
            channel_id: channel id.
        """
        if self._new_members is None:
            self._new_members = {}
            for row in self._table("discuss.channel.member").values():
                if "create_date" in row:
                    where = pair(row.get("thread") or row.get("channel_id"))[0]
                    self._new_members.setdefault(where, []).append(row)
        there = ((row["id"], self.persona(row)) for row in self._new_members.get(channel_id, ()))
        return [self._names.member(number, author) or author for number, author in there if author is not None]

    def members(self, ids: object) -> list[tuple[int, Author | None]]:
        """Return pairs of membership id and member.

        Args:
            ids: membership ids.
        """
        rows = self._table("discuss.channel.member")
        found: list[tuple[int, Author | None]] = []
        for number in (pair(thing)[0] for thing in items(ids)):
            author = self.persona(rows[number]) if number in rows else None
            found.append((number, self._names.member(number, author)))
        return found
