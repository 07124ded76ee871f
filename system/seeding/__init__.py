"""National synthetic data with known truths: what is found can be compared with what was planted."""
