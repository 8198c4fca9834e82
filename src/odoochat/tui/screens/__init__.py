"""A profile's chat screen, its first paint, and its dialogs."""
