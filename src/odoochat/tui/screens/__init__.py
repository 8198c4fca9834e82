"""The chat screen of one profile, its first paint, and its dialogs."""
