"""The sandbox server's routes: JSON, RPC, files, login, WebSocket and long polling."""
