"""Benchmarks that compare odoochat with raw implementations in the same run."""
