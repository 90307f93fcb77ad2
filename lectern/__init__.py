"""Lectern answers students' questions about their courses, with citations."""

__version__ = "0.1.0"
