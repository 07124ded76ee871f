"""The exchange under a simulated clock, network, database and partners: one seed, one history.

The rules are the real ones (``services.exchange.rules``); what surrounds them is small and deterministic.
``checks`` holds what must be true of every history, ``faults`` systems that are wrong on purpose.
"""
