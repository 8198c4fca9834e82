"""The client: one user on one server."""
