"""The database, one purpose at a time."""
