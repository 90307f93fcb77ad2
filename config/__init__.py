"""The Django project: settings, Celery app, URLs and the ASGI shell's wiring."""

import atexit
import gc
import os

# Loading Lectern makes a million objects that live as long as the process. Looking through them for garbage took .3 s of
# each worker's start and 1 s of its end: BENCHMARKS.md, "Start, answer, memory".
gc.set_threshold(50_000, 10, 10)
atexit.register(gc.freeze)

# Set before NumPy is imported anywhere: with two BLAS threads two readers slow each other down twelvefold.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
