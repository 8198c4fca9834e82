"""What the chat screen keeps on disk: the cache, drafts, and what waits to be sent."""
