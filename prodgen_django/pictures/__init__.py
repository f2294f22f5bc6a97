"""The life of a picture once a recipe has made it: signed, reviewed, corrected, rendered small, published, packed.

Knows models, storage, catalogs and jobs; opens pictures only by `imagefile`, and checkpoints by `gan`.
"""
