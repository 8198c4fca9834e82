"""Fuzzing: mutated documents for every decoder, and whole sessions against a server that lies."""
