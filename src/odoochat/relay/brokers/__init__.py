"""The message brokers that a relay publishes to: what it needs of one, and how each does it."""
