"""Relay: events of many accounts into a message broker, commands out of it."""
