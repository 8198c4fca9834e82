"""Decisions without I/O: sockets and clocks belong to the caller."""
