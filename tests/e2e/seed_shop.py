"""``python -m tests.e2e.seed_shop``: the example shop with two published pictures a product, of unlike shapes."""

from __future__ import annotations

import hashlib
import io

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

from example_shop.catalogue import load_catalogue  # noqa: E402
from example_shop.history import welcome_everybody  # noqa: E402
from example_shop.shelves import Product, stock  # noqa: E402
from prodgen_django.models import GeneratedImage  # noqa: E402
from prodgen_django.pictures.renditions import render  # noqa: E402
from prodgen_django.storage import save_content  # noqa: E402

LOOKS = (
    ("concrete", (800, 800), "#8b8d90", ["urban", "neutral", "muted"], ["#8b8d90"]),
    ("oak", (800, 600), "#c89c68", ["warm", "wood", "natural"], ["#c89c68"]),
)


def picture(name: str, size: tuple[int, int], colour: str, title: str) -> bytes:
    image = Image.new("RGB", size, colour)
    draw = ImageDraw.Draw(image)
    draw.ellipse((size[0] // 3, size[1] // 3, 2 * size[0] // 3, 2 * size[1] // 3), fill="white")
    draw.text((20, 20), f"{title} / {name}", fill="black")
    data = io.BytesIO()
    image.save(data, "JPEG")
    return data.getvalue()


def main() -> None:
    specs = load_catalogue()
    stock(specs)
    welcome_everybody(specs)
    call_command("rebuild_index", interactive=False, verbosity=0)
    for product in Product.objects.order_by("pk"):
        # The last one published is what everybody sees.
        for name, size, colour, tags, palette in reversed(LOOKS):
            data = picture(name, size, colour, product.title)
            image = GeneratedImage.objects.create(
                product=product, kind="display", state="published", tags=tags, palette=palette,
                file=save_content("pictures", data, "jpg"), sha256=hashlib.sha256(data).hexdigest(),
                title=product.title, width=size[0], height=size[1], published_at=timezone.now(),
            )  # fmt: skip
            render(image.pk)
    call_command("prodgen_taste", verbosity=0)


if __name__ == "__main__":
    main()
