"""What a user would pick instead, one file each, fairly set up: all cores, declared columns where that is usual."""
