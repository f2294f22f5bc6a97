"""The demo shop's photographs: its products as shapes, materials and prints, lit and photographed with Blender.

``render`` makes every photograph of the catalogue and ``catalogue.json``; ``furnished`` makes scenes with a true outline.
The shapes (``meshes``) and materials serve ``training.cutouts`` and ``training.sets`` too.
It needs ``bpy`` and Pillow: docs/how-to/render-the-catalogue.md.
"""
