"""A shop without Oscar whose products' keys are numbers, text or UUIDs, on any database: see `test_shops`."""
