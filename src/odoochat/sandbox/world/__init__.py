"""User actions, which change the database and send notifications."""
