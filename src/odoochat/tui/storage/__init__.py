"""The chat screen's files: the cache, drafts, and unsent messages."""
