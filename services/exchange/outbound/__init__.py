"""What we ask of other systems, in our words."""
