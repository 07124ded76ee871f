"""Measurements that anyone can run: `make bench` prints a table and writes JSON; quote ratios of one run."""
