"""Decoders of notifications and answers, by the shape that the versions give them."""
