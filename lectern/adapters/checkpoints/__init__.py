"""LangGraph's own checkpointers where the rows are, on SQLite or PostgreSQL, with their drivers' errors as ours."""
