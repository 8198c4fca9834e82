"""Tests of sockets, transports and their failures."""
