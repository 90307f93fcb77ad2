"""Measures Lectern on labelled questions; scripts for people, not part of the product."""

import config  # noqa: F401  # before NumPy: what a service sets at its start, and measures are of a service
