"""Sockets: bad days on the road."""
