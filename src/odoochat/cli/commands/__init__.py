"""The commands of ``odoochat``, one module per subject.

The docstrings of the command functions are their help texts and the source of docs/cli.md.
"""
