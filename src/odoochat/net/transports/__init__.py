"""Transports of the live link: WebSocket, bus polling, long polling, and polling with model calls."""
