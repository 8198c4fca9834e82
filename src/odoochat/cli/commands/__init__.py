"""The commands of ``odoochat``, one module per topic.

The docstrings of the command functions are the help text of the commands and the source of docs/cli.md.
"""
