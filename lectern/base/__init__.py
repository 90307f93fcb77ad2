"""The ground floor: clock, ids, JSON values, log helpers and the root of all errors. Knows nobody."""
