"""Many users in one process: accounts that share connections, and one stream of their events."""
