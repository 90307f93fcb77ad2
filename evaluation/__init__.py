"""Measures Lectern on labelled questions; scripts for people, not part of the product."""
