"""Concepts: what a course explains, which of it comes first, and the way to learn one of them. No I/O."""
