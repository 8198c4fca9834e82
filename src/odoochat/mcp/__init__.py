"""The server of the Model Context Protocol: lets an assistant take part in channels."""
