"""What is known, and who vouches for it."""
