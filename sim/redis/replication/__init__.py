"""Replication: the shared history, the master's side, and the replica's side."""
