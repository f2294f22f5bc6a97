"""The light of a scene: what falls on its ground and what a product takes from it, by a trained generator.

`room.py` is the scene as its camera sees it, `openings.py` what stands before its lamp, `direct.py` draws the lamp's
own light there; `geometry.py` says what the scene generator is told, `lighting.py` asks it, `styled.py` gives a style
its light; `pairs.py`, `figures.py` and the training are for whoever trains it again (`python -m
prodgen_django.studio.light`).

Nothing is imported here: renderers need rooms and openings where there is neither torch nor OpenCV.
"""
