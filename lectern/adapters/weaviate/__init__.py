"""Passages in Weaviate, for installations that have one. Its client is an extra, imported by the first call."""
