"""The crowd: seed data in which other people wrote nine out of ten messages.

Real databases look like this, and they expose bugs that a small database hides: search pages that come up short
because the user cannot read every message, names that differ between responses, messages from unknown authors, and
ids that are far apart.
"""

from __future__ import annotations

from odoochat.sandbox.database.messages import MessageValues
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.world.messages import MessageActions
from odoochat.sandbox.world.records import RecordActions

OTHERS = 9  # messages from other people per channel message
GAP = 1000  # ids skipped at once, as in a bulk import
CUSTOMER, FORMER = "customer", "former"  # logins of a portal user and a former employee
OLD = "2011-03-01 08:00:00"


class Crowd:
    """Adds people to those in the small company.

    All users have a parent company. The crowd includes a portal user, an archived user, a user who writes in French,
    and a renamed partner. The channel "general" contains an email from an unknown author and a message with an old
    date.
    """

    def __init__(self, state: State, messages: MessageActions, records: RecordActions) -> None:
        self.state = state
        self.messages = messages
        self.records = records
        self._rooms: list[int] = []
        self._company = 0

    def settle(self) -> None:
        """Create the companies, the people and their messages."""
        state, accounts = self.state, self.state.accounts
        self._company = accounts.add_partner("Acme Corporation", "info@acme.example.com")
        for row in accounts.users():
            accounts.change_partner(row["partner_id"], parent_id=self._company)
        accounts.change_partner(accounts.partner_of(accounts.uid("dave")), lang="fr_FR")
        carol, dave = (accounts.uid(login) for login in ("carol", "dave"))
        customer = accounts.add_user(CUSTOMER, portal=True, parent=self._company)
        former = accounts.add_user(FORMER, name="Former Name", parent=self._company)
        general = state.channels.by_name("general") or {"id": 1}
        state.members.add(general["id"], accounts.partner_of(former))
        self.messages.post(former, general["id"], MessageValues("I'll be leaving soon."))
        accounts.change_partner(accounts.partner_of(former), name="Former", active=0)
        state.db.run("UPDATE user SET active = 0 WHERE id = ?", former)
        self.messages.post(dave, general["id"], MessageValues("Où est passée la clé du café ?"))
        self.messages.post(
            dave, general["id"], MessageValues("From the gateway.", author=0, email_from="Some One <some@example.org>")
        )
        old = self.messages.post(carol, general["id"], MessageValues("Imported from the old system."))
        state.db.run("UPDATE message SET date = ? WHERE id = ?", OLD, old)
        people = [accounts.partner_of(one) for one in (carol, dave, customer)]
        self._rooms = [
            state.channels.create("board", "group", creator=carol, partners=people),
            state.channels.create("board 2", "channel", creator=dave, partners=people, public="private"),
            state.channels.create(state.channels.chat_name(people[:2]), "chat", creator=carol, partners=people[:2]),
        ]
        for _ in range(8):
            self._write()
        self.messages.listeners.append(self._after)

    def _after(self, message: Row) -> None:
        if message["res_id"] not in self._rooms:
            self._write()

    def _write(self) -> None:
        """Post as other people: in their group and chat, on a contact, and through an import without notifications."""
        accounts, model = self.state.accounts, self.state.channel_model
        carol, dave, admin = (accounts.uid(login) for login in ("carol", "dave", "admin"))
        self.messages.post(carol, self._rooms[0], MessageValues("Among us."))
        self.messages.post(dave, self._rooms[2], MessageValues("Between the two of us."))
        self.records.post(admin, "res.partner", self._company, MessageValues("About a contact."))
        for number in range(OTHERS - 3):
            self.state.messages.insert(
                model, self._rooms[number % len(self._rooms)], dave,
                MessageValues("<p>Imported.</p>", author=accounts.partner_of(dave)),
            )  # fmt: skip
        last = self.state.db.value("SELECT seq FROM sqlite_sequence WHERE name = 'message'")
        if last % 7 == 0:
            self.state.db.run("UPDATE sqlite_sequence SET seq = ? WHERE name = 'message'", last + GAP)
