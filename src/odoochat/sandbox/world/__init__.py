"""The verbs that change a sandbox database and make it notify its clients."""
