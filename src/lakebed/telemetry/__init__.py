"""What an operator sees of a process that runs for long: metrics, logs, whether it is healthy and ready."""
