"""The ways a live link can work: WebSocket, bus polling, long polling, polling by model calls."""
