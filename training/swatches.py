"""Draw the small picture of each backdrop that the option form shows; run again after a style changed.

python -m training.swatches
"""

from __future__ import annotations

from pathlib import Path

from prodgen_django.imagefile import encode_image
from prodgen_django.studio import STYLES

FOLDER = Path(__file__).resolve().parents[1] / "prodgen_django/static/prodgen_django/backdrops"
SIDE = 240


def main() -> None:
    """Write one WebP a style into the app's static files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for style in STYLES.values():
        # Drawn larger than shown: grain and shadows that suit a product picture are noise in a swatch.
        pixels = style.render((2 * SIDE, 2 * SIDE), 1)[::2, ::2]
        data = encode_image(pixels, format="webp", source_type=style.source_type, quality=82)
        (FOLDER / f"{style.name}.webp").write_bytes(data)
        print(f"{style.name}: {len(data)} bytes")


if __name__ == "__main__":
    main()
