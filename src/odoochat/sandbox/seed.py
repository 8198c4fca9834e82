"""Seeds a new database with a small company, or with the contents of a fresh Odoo."""

from __future__ import annotations

from odoochat.sandbox.database.messages import MessageValues
from odoochat.sandbox.database.state import State
from odoochat.sandbox.world.messages import MessageActions

WELCOME = (
    "<p>Welcome to the #general channel.</p>\n            <p>This channel is accessible to all users to "
    "<b>easily share company information</b>.</p>"
)
COMPANY = ("alice", "bob", "carol", "dave", "ann")
BARE = ("alice", "bob")

# channel, author's login, text
HISTORY = (
    ("general", "alice", "Good morning everyone!"),
    ("general", "bob", "Morning. The coffee machine works again."),
    ("general", "carol", "Finally! Release 1.4 goes out this afternoon, please keep main green."),
    ("general", "dave", "Tests are running, looks good so far."),
    ("general", "bob", "I will write the announcement."),
    ("support", "carol", "Ticket 4711: a customer cannot open the shared calendar."),
    ("support", "dave", "Known: the link expired. I sent a new one."),
    ("random", "alice", "Who joins for lunch at noon?"),
    ("random", "dave", "Me, if it is not pizza again."),
)


def seed(state: State, messages: MessageActions, kind: str) -> None:
    """Seed an empty database."""
    if kind not in ("company", "bare"):
        raise ValueError(f"seeding must be 'company', 'crowd' or 'bare', not {kind!r}")
    people = _people(state, COMPANY if kind == "company" else BARE)
    general = state.channels.create(
        "general", partners=people.values(), description="General announcements for all employees."
    )
    bot = state.accounts.partner_of(1)
    welcome = MessageValues(
        WELCOME,
        author=bot,
        email_from='"OdooBot" <odoobot@example.com>',
        message_type="email",
        subject="Welcome to Odoo!",
    )
    state.messages.insert(state.channel_model, general, 1, welcome)
    if kind == "company":
        _company(state, messages, people)
    if state.capabilities.owned_canned:  # a fresh Odoo has it
        state.canned.add(1, "hello", "Hello, how may I help you?", shared=True)
    # Notifications from seeding must not reach the first connection.
    state.bus.restart()


def _people(state: State, logins: tuple[str, ...]) -> dict[str, int]:
    accounts = state.accounts
    accounts.add_partner("My Company", "info@example.com")
    # ids as in a real database: a user's id never equals its partner's id, so code that confuses them fails.
    accounts.add_user("__system__", name="OdooBot", password="", api_key="-", active=False)
    state.db.run("UPDATE partner SET email = 'odoobot@example.com' WHERE id = 2")
    accounts.add_user("admin", name="Administrator", admin=True)
    accounts.add_user("public", name="Public user", password="", api_key="-", active=False)
    state.db.insert("user", login="portaltemplate", active=0)
    state.db.run("INSERT INTO partner (name, active) VALUES ('Portal User Template', 0)")
    people = {"admin": accounts.partner_of(2)}
    for login in logins:
        people[login] = accounts.partner_of(accounts.add_user(login))
    return people


def _company(state: State, messages: MessageActions, people: dict[str, int]) -> None:
    rooms = {"general": 1}
    for login in ("alice", "bob"):  # they manage the contacts
        state.db.run("UPDATE user SET contacts = 1 WHERE login = ?", login)
    team = [people[login] for login in ("alice", "bob", "carol", "dave")]
    rooms["support"] = state.channels.create(
        "support", partners=[*team, people["ann"]], description="Questions from customers."
    )
    rooms["random"] = state.channels.create("random", partners=team, description="Anything but work.")
    for channel, login, text in HISTORY:
        messages.post(state.accounts.uid(login), rooms[channel], MessageValues(text))
    chat = state.channels.create(
        state.channels.chat_name([people["alice"], people["bob"]]), "chat",
        creator=state.accounts.uid("alice"), partners=[people["alice"], people["bob"]],
        long_uuid=state.capabilities.long_uuid,
    )  # fmt: skip
    messages.post(state.accounts.uid("alice"), chat, MessageValues("Hi Bob, do you have a minute?"))
    messages.post(state.accounts.uid("bob"), chat, MessageValues("Sure, what is it?"))
