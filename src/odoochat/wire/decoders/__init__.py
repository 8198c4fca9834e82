"""Decoders of notifications and answers, one for each shape that Odoo has used."""
