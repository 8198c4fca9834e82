"""Tests of the relay. Those of real brokers are marked `brokers`; `make test-brokers` runs them."""
