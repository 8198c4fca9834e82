"""The client against the sandbox, under faults."""
