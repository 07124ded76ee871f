"""What may be done with messages, in what order, in one transaction."""
