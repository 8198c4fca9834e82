"""The sandbox's database: SQLite tables, grouped by subject."""
