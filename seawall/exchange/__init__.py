"""What organisations tell each other about signals."""
