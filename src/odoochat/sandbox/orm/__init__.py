"""Model methods for RPC: the generic ones, and those of channels, messages and users."""
