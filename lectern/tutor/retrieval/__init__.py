"""From two lists of hits to one ranking, and to what the ranking tells about itself."""
