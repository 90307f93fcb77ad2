"""The HTTP API: Django views that parse, call one verb and render. Nothing in here waits for a run."""
