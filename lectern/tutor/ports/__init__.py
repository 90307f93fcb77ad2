"""What the tutor needs from the outside. LangChain's `Embeddings` is a port already and is used as it is."""
