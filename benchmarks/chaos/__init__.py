"""`make chaos`: a seeded storm over a whole Lectern, and a ledger that tells whether a promise was broken."""
