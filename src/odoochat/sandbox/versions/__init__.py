"""The versions of Odoo: payloads, notifications and their order."""
