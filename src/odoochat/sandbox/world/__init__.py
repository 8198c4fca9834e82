"""The actions of users: they change the database and send notifications."""
