"""Relays events from many accounts to a message broker, and runs commands from it."""
