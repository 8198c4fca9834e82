"""Live link transports: WebSocket, bus polling, long polling, and polling through model calls."""
