"""The routes of the sandbox server: JSON, RPC, files, login, WebSocket and long polling."""
