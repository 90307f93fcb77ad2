"""The graph that answers a question, and the one that indexes a batch."""
