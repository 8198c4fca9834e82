"""Message brokers that a relay can publish to, behind a common interface."""
