"""Bytes to values and back: the envelopes, the bus frames and the bodies of Odoo; no sockets."""
