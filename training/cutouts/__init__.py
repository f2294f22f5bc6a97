"""How the cut-out network was taught: rendered layers (`render`, `things`), pictures composed of them (`compose`), the
training itself (`train`).
"""

ONE = 160
"""The level that means "as much light as on the empty ground" in a rendered ``ratio.jpg``."""
