"""The archive: its file, its searches, and what fills it."""
