"""Model Context Protocol server that lets an assistant take part in channels."""
