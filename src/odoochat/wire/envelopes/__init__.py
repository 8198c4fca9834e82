"""XML-RPC, JSON-RPC, JSON-2 and bus frames: bytes to values and back."""
