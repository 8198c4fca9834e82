"""Benchmarks: ours against a raw loop or a peer, both sides in one run, as ratios."""
