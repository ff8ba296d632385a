"""Lakebed: a security data lake in your own buckets."""
