"""The database tables, and SQLite helpers."""

from __future__ import annotations

import sqlite3
from typing import Any

from odoochat.sandbox.orm.patterns import matches_pattern

Row = dict[str, Any]

# Columns use Odoo's field names. `tx` is set while the row's transaction is still open (a late commit): such a row has
# an id but is not visible.
TABLES = """
CREATE TABLE IF NOT EXISTS partner (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT, active INTEGER DEFAULT 1,
    im_status TEXT DEFAULT 'offline', manual_im_status TEXT, im_seen REAL DEFAULT 0, create_date TEXT,
    write_date TEXT, parent_id INTEGER, lang TEXT DEFAULT 'en_US');
CREATE TABLE IF NOT EXISTS user (
    id INTEGER PRIMARY KEY AUTOINCREMENT, login TEXT UNIQUE NOT NULL, password TEXT, partner_id INTEGER,
    active INTEGER DEFAULT 1, share INTEGER DEFAULT 0, is_admin INTEGER DEFAULT 0, totp_secret TEXT,
    contacts INTEGER DEFAULT 0, notification_type TEXT DEFAULT 'inbox', create_date TEXT, write_date TEXT);
CREATE TABLE IF NOT EXISTS api_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER, key TEXT, scope TEXT DEFAULT 'rpc');
CREATE TABLE IF NOT EXISTS session (
    sid TEXT PRIMARY KEY, uid INTEGER, pre_uid INTEGER, csrf TEXT, polled INTEGER DEFAULT 0,
    next_sid TEXT, dies REAL, token TEXT);
CREATE TABLE IF NOT EXISTS channel (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, channel_type TEXT DEFAULT 'channel',
    public TEXT DEFAULT 'groups', description TEXT, uuid TEXT, active INTEGER DEFAULT 1, create_uid INTEGER,
    parent_channel_id INTEGER, from_message_id INTEGER, last_interest_dt TEXT, create_date TEXT,
    write_date TEXT, allow_public_upload INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS member (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel_id INTEGER, partner_id INTEGER,
    fetched_message_id INTEGER, seen_message_id INTEGER, new_message_separator INTEGER DEFAULT 0,
    custom_channel_name TEXT, custom_notifications TEXT, mute_until_dt TEXT, is_pinned INTEGER DEFAULT 1,
    unpin_dt TEXT, last_interest_dt TEXT, last_seen_dt TEXT, create_date TEXT, write_date TEXT,
    UNIQUE (channel_id, partner_id));
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT, res_id INTEGER, author_id INTEGER, body TEXT,
    subject TEXT, date TEXT, message_type TEXT, subtype_id INTEGER, parent_id INTEGER, message_id TEXT,
    pinned_at TEXT, email_from TEXT, create_uid INTEGER, create_date TEXT, write_date TEXT, tx INTEGER);
CREATE INDEX IF NOT EXISTS message_thread ON message (res_id, id);
CREATE VIEW IF NOT EXISTS seen_message AS SELECT * FROM message WHERE tx IS NULL;
CREATE TABLE IF NOT EXISTS message_partner (message_id INTEGER, partner_id INTEGER);
CREATE TABLE IF NOT EXISTS message_attachment (message_id INTEGER, attachment_id INTEGER);
CREATE TABLE IF NOT EXISTS notification (
    id INTEGER PRIMARY KEY AUTOINCREMENT, message_id INTEGER, partner_id INTEGER, is_read INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS star (message_id INTEGER, partner_id INTEGER, UNIQUE (message_id, partner_id));
CREATE TABLE IF NOT EXISTS reaction (
    id INTEGER PRIMARY KEY AUTOINCREMENT, message_id INTEGER, content TEXT, partner_id INTEGER,
    UNIQUE (message_id, content, partner_id));
CREATE TABLE IF NOT EXISTS attachment (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, mimetype TEXT, raw BLOB, size INTEGER DEFAULT 0,
    checksum TEXT, res_model TEXT,
    res_id INTEGER, access_token TEXT, create_uid INTEGER, create_date TEXT, write_date TEXT);
CREATE TABLE IF NOT EXISTS follower (
    id INTEGER PRIMARY KEY AUTOINCREMENT, res_model TEXT, res_id INTEGER, partner_id INTEGER);
CREATE TABLE IF NOT EXISTS tracking (
    id INTEGER PRIMARY KEY AUTOINCREMENT, message_id INTEGER, field TEXT, label TEXT, old TEXT, new TEXT);
CREATE TABLE IF NOT EXISTS scheduled (
    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT, res_id INTEGER, body TEXT, subject TEXT, author_id INTEGER,
    is_note INTEGER DEFAULT 0, scheduled_date TEXT, create_uid INTEGER, create_date TEXT, write_date TEXT);
CREATE TABLE IF NOT EXISTS guest (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, token TEXT, im_status TEXT DEFAULT 'offline', create_date TEXT,
    write_date TEXT);
CREATE TABLE IF NOT EXISTS canned (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT, substitution TEXT, description TEXT, shared INTEGER DEFAULT 0,
    create_uid INTEGER, create_date TEXT, write_date TEXT);
CREATE TABLE IF NOT EXISTS preview (
    id INTEGER PRIMARY KEY AUTOINCREMENT, message_id INTEGER, source_url TEXT, create_date TEXT);
CREATE TABLE IF NOT EXISTS own_record (
    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT, data TEXT, create_uid INTEGER, create_date TEXT,
    write_date TEXT);
CREATE TABLE IF NOT EXISTS favorite (member_id INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS poll (
    id INTEGER PRIMARY KEY AUTOINCREMENT, poll_question TEXT, allow_multiple_options INTEGER DEFAULT 0,
    poll_end_dt TEXT, start_message_id INTEGER UNIQUE, end_message_id INTEGER UNIQUE, create_uid INTEGER,
    create_date TEXT);
CREATE TABLE IF NOT EXISTS poll_option (
    id INTEGER PRIMARY KEY AUTOINCREMENT, poll_id INTEGER, option_label TEXT, option_emoji TEXT);
CREATE TABLE IF NOT EXISTS poll_vote (
    id INTEGER PRIMARY KEY AUTOINCREMENT, option_id INTEGER, user_id INTEGER, UNIQUE (option_id, user_id));
CREATE TABLE IF NOT EXISTS bus (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT, message TEXT, created REAL, tx INTEGER);
CREATE INDEX IF NOT EXISTS bus_channel ON bus (channel, id);
"""


# Columns missing from files created by an older sandbox.
ADDED = (
    ("partner", "manual_im_status", "TEXT"),
    ("partner", "parent_id", "INTEGER"),
    ("partner", "lang", "TEXT DEFAULT 'en_US'"),
    ("channel", "allow_public_upload", "INTEGER DEFAULT 0"),
    ("user", "contacts", "INTEGER DEFAULT 0"),
    ("attachment", "size", "INTEGER DEFAULT 0"),
    ("attachment", "checksum", "TEXT"),
)


class Database:
    """One SQLite connection that returns rows as dictionaries."""

    def __init__(self, path: str) -> None:
        # check_same_thread: a blocking client's event loop and the test may run in different threads; SQLite itself
        # serializes the calls.
        self._link = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._prepare()
        except BaseException:
            self._link.close()
            raise

    def _prepare(self) -> None:
        """Create the tables, and any columns missing from an older file."""
        self._link.execute("PRAGMA journal_mode = WAL")
        self._link.execute("PRAGMA synchronous = OFF")
        self._link.create_function("found_in", 2, _found_in, deterministic=True)
        self._link.executescript(TABLES)
        for table, name, kind in ADDED:
            if name not in [row["name"] for row in self.rows(f"PRAGMA table_info({table})")]:
                self._link.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Execute a query and return all rows."""
        cursor = self._link.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def row(self, sql: str, *values: object) -> Row | None:
        """Execute a query and return the first row."""
        found = self.rows(sql, *values)
        return found[0] if found else None

    def value(self, sql: str, *values: object) -> Any:
        """Return the first column of the first row, or None if there are no rows."""
        found = self._link.execute(sql, values).fetchone()
        return found[0] if found else None

    def column(self, sql: str, *values: object) -> list[Any]:
        """Return the first column of every row."""
        return [row[0] for row in self._link.execute(sql, values).fetchall()]

    def run(self, sql: str, *values: object) -> int:
        """Run a statement and return the number of changed rows."""
        return self._link.execute(sql, values).rowcount

    def insert(self, table: str, **values: object) -> int:
        """Insert a row and return its id."""
        marks = ", ".join("?" * len(values))
        sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"  # the names never come from a client
        return self._link.execute(sql, tuple(values.values())).lastrowid or 0

    def update(self, table: str, row_id: int, **values: object) -> None:
        """Update the row with the given id."""
        if values:
            pairs = ", ".join(f"{name} = ?" for name in values)
            self._link.execute(f"UPDATE {table} SET {pairs} WHERE id = ?", (*values.values(), row_id))

    def close(self) -> None:
        """Close the connection."""
        self._link.close()


def _found_in(text: str | None, term: str) -> bool:
    """Implement Odoo's ilike: a case-insensitive match anywhere in the text, with the wildcards % and _."""
    return matches_pattern(text or "", term, anywhere=True, ignore_case=True)


def marks(values: list[int] | set[int]) -> str:
    """Return ids as the contents of an SQL IN (...). Ids are always ints, so interpolating them is safe."""
    return ", ".join(str(int(value)) for value in values) or "NULL"
