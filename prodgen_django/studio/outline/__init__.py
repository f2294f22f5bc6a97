"""A small network that says roughly where the product is, and how it is trained.

It speaks where the ground is not smooth, so that colours and edges (`studio.segmentation`) mislead; before a smooth one
they are better than it is. docs/explanation/training-log.md has the figures.
"""
