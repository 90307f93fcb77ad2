"""Measurements behind BENCHMARKS.md: each prints its numbers and what it was run on."""
