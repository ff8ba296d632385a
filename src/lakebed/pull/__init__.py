"""Connectors that fetch logs from services which do not put them into a bucket by themselves."""
