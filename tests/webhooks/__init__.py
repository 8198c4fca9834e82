"""Webhooks: signatures, delivery, incoming requests."""
