"""The chat screen, built with Textual on top of the client."""
