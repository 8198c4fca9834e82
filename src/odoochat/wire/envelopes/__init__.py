"""Encoders and decoders for XML-RPC, JSON-RPC, JSON-2 and bus frames."""
