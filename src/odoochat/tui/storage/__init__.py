"""The files of the chat screen: the cache, drafts, and unsent messages."""
