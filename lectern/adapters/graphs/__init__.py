"""Graphs of one's own, as `langgraph.json` names them."""
