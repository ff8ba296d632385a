"""What listens on the network."""
