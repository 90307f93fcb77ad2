"""`make run`: everything on one machine, restarted when it dies, gone when it is ended. Knows nothing of Django.

`launcher.serve` is the story; the order of the other modules in it: `only_one`, `leftovers`, `port`, `valkey`,
`supervisord`, `readiness`.
"""
