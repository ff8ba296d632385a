"""Runs the leaf part of a query over many segments, on threads now, on Lambda and Ray later."""
