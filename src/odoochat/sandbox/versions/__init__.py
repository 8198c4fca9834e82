"""What each Odoo version answers and notifies: payloads, session information, store handlers."""
