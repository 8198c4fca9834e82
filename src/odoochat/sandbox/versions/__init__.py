"""Odoo versions: payloads, notifications and their order."""
