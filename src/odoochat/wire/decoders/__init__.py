"""Decoders for notifications and responses, one for each format that Odoo has used."""
