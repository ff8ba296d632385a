"""Alembic's scripts: one file for each change of the tables, in order of their numbers."""
