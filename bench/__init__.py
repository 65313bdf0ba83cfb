"""Benchmarks: each compares two ways in one run, so that the machine they run on does not matter."""
