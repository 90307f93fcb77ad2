"""The engine's values: runs, threads, workers. No I/O."""
