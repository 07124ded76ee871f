"""A simulated X-Road security server with the registries POLIS and STAR behind it, for tests and demos.

It shares no code with ``services/exchange``: it is the second reader of every message that we write.
"""
