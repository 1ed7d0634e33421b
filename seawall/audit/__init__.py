"""What happened, in a chain that shows where it was touched."""
