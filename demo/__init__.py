"""Made-up logs that look real, and a first tour of Lakebed on them (`make demo`)."""
