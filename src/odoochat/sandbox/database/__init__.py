"""What a sandbox database holds: tables in SQLite, by subject."""
