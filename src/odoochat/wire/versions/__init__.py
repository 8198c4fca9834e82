"""One module per Odoo version: its requests, its notifications, and what it supports."""
