"""Model methods for RPC: generic methods, and methods for channels, messages and users."""
