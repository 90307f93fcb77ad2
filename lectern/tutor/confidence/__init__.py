"""Confidence: P(the answer is correct and supported by what it cites), from figures about the search, calibrated."""
