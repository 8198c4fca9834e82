"""Faults of every kind between clients and real Odoo servers: `python -m tests.chaos --help`."""
