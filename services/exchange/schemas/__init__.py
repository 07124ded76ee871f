"""The words that we promise in public, as JSON."""
