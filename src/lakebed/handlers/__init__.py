"""Entry points for workers that someone else starts."""
