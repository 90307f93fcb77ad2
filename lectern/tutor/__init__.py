"""Room 2, the tutor: courses, passages, retrieval and the graph that answers a question with citations."""
