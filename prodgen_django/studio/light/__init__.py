"""Light from trained networks: what falls on an empty scene, and what a product takes from it."""
