"""`make bench`: what the engine reaches, each number beside a reference that was measured in the same run."""
