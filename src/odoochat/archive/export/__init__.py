"""Exports archived channels as web pages, Markdown or JSON Lines."""
