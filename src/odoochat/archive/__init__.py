"""The archive: what one account has seen, on disk in SQLite, searchable without the server."""
