"""Bytes to values and back: envelopes, frames, requests and message bodies. No sockets."""
