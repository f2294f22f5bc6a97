"""How everything that ships with prodgen_django was made: checkpoints, rendered sets, the demo's photographs.

Imports the package, and nothing of the package imports this; it is no part of the wheel.
"""
