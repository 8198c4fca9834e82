"""Fuzzing: mutated documents for every decoder, and whole sessions against a server with false answers."""
