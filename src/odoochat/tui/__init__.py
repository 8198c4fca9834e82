"""The chat screen (Textual): it listens to a client, and asks it."""
