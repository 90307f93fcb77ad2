"""From files to passages, and from passages into the index: read, cut, plan, embed, publish."""
