"""Events that are pushed: over HTTP in four protocols, and as syslog. What is acknowledged is durable in the lake."""
