"""One module per contestant; a function named for a workload does it and returns the events."""
