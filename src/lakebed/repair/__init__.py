"""What is asked of a lake when it is in doubt, and how its catalog is made anew from its segments."""
