"""Webhooks: signed requests for events, and requests that write to channels."""
