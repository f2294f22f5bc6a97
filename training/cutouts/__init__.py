"""How the cut-out network was taught: rendered layers (`render`, `things`), pictures composed of them (`compose`), the
training itself (`train`, `train_edge`).

Begun and not finished: nothing of it ships yet. A scene in layers took 11.6 CPU s to render (14 scenes of 640 px, 8
samples), a composed picture of 320 px 0.03 CPU s, a step of `train` 0.32 CPU s an image at 384 px and 0.55 at 512 px,
a look of the network 0.12 CPU s at 512 px, all on a machine that was shared. Next: some hundred scenes, the network to
its plateau at 320 to 512 px, then the edge network, then `benchmarks.studio.structures` and the other sets that judge.
"""

ONE = 160
"""The level that means "as much light as on the empty ground" in a rendered ``ratio.jpg``."""
