"""Decisions, without a socket or a clock."""
