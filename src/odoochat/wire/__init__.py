"""Converts between bytes and values: envelopes, frames, requests and message bodies. Performs no I/O."""
