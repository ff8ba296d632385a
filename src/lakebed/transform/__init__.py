"""What happens to parsed events before they are indexed or searched."""
