"""Model methods as RPC clients call them: generic ones, and those of channels, messages and users."""
