"""One archive of what an installation on one machine cannot make again: rows, passages, checkpoints, secret key."""
