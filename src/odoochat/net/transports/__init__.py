"""Transports of the live link: WebSocket, bus polling, long polling, polling by model calls."""
