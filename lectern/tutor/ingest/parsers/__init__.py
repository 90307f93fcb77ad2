"""One file format a module: bytes in, a document in blocks out."""
