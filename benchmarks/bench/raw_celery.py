"""The reference for latency: a Celery task that does nothing, on the same broker, worker and pool.

python -m benchmarks.bench.raw_celery trips N       milliseconds of N round trips, one after the other
python -m benchmarks.bench.raw_celery rate N        seconds until N tasks, sent at once, have answered
"""

import sys
import time

from config.celery import app


def main(what: str, number: int) -> None:
    """Measure and print."""
    task = app.signature("benchmarks.raw")
    task.apply_async().get(timeout=30)  # connections
    if what == "trips":
        for _ in range(number):
            began = time.perf_counter()
            task.apply_async().get(timeout=30)
            print(f"{(time.perf_counter() - began) * 1000:.2f}")
            time.sleep(0.05)
        return
    began = time.perf_counter()
    results = [task.apply_async() for _ in range(number)]
    for result in results:
        result.get(timeout=120)
    print(f"{time.perf_counter() - began:.3f}")


if __name__ == "__main__":
    import django

    django.setup()
    main(sys.argv[1], int(sys.argv[2]))
