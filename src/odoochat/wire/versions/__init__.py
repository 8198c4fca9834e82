"""One table per Odoo version, the registry that selects one, dialects, and the feature table."""
