"""Builders of calls and routes, by subject."""
