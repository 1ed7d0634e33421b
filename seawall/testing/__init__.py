"""What an extender's tests inherit."""
