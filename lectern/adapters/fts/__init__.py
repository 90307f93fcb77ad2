"""The embedded passage index: SQLite FTS5 for keywords, NumPy for vectors, one file beside Django's."""
