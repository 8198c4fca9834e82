"""The chat screen of one profile, what is painted before it, and the dialogs over it."""
