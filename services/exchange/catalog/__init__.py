"""What the published data says: partners, operations, regions, subscriptions."""
