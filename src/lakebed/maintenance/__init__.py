"""Keeps a lake in order while others write and search it: merges, retention, deletions carried out, garbage removed."""
