"""Stores what an account has seen in SQLite, searchable without the server."""
