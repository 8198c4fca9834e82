"""Exports: a channel of the archive as a web page, as Markdown, or as JSON lines."""
