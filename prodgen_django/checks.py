"""System checks: what is set wrongly is said at start-up, with what to do about it."""
