"""The sandbox's database: tables in SQLite, by subject."""
