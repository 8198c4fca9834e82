"""Renders messages, lists and bars as lines of styled text; pure."""
