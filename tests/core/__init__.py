"""The decisions, told the time."""
