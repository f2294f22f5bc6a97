"""A shop without Oscar: one model, and a catalog class for it."""
