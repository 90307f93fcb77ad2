"""Concepts in Neo4j, for installations that have one. Its driver is an extra, imported by the first call."""
