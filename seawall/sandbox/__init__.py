"""Media and signals, run on strangers' bytes in processes that may die."""
