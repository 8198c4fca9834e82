"""Outgoing webhooks, which send events as signed requests, and incoming ones, which post to channels."""
