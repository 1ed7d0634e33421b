"""Media become fingerprints that can be compared and shared."""
