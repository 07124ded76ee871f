"""How messages are kept: what came in, what goes out."""
