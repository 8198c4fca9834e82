"""Envelopes: XML-RPC, JSON-RPC, JSON-2 and bus frames, from bytes to values and back."""
