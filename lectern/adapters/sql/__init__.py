"""Rows: runs, threads, workers, courses. The Django app "lectern"."""
