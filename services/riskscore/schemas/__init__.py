"""What riskscore promises in public."""
