"""Stores everything an account has seen in SQLite, where it can be searched offline."""
