"""Tests of the brokers of a relay."""
