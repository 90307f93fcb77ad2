"""Room 1, the engine: runs any LangGraph graph asynchronously, durably and once. Knows runs, not courses."""
