"""Which known fingerprints are near this one, exactly."""
