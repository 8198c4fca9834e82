"""One table per Odoo version, the registry that chooses among them, dialects, and the table of features."""
