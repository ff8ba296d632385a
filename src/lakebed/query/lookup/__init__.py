"""Lookup tables: CSV, JSON and MMDB files that searches join to their rows."""
