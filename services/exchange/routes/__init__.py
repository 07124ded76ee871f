"""Which verb and path, and who may call."""
