"""Builders for model calls and routes, grouped by subject."""
