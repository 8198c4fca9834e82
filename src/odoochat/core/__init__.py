"""Decisions: pure, told the time, free of sockets."""
