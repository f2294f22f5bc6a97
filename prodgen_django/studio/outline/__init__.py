"""A small network that says roughly where the product is, and how it is trained. Not in use.

The product is found by colours (`studio.segmentation`), which a network may replace only where it is better on
photographs that its training never saw. The one run so far was cut short and is not: docs/explanation/training-log.md.
"""
