"""Our tags beside the thumbnail tags of three packages, in one process, taking turns."""

from __future__ import annotations

import io
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection
from django.http import HttpResponse
from django.template import Context, Template
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from prodgen_django.personalization.serve.page import page_of

#: name: (templates' libraries, the tag of one product, settings that it needs)
TAGS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "prodgen_picture": ("prodgen", '{% prodgen_picture p size="card" %}', {}),
    "prodgen_picture, again": ("prodgen", '{% prodgen_picture p size="card" %}', {}),
    "personalized_image": (
        "prodgen",
        '{% personalized_image p size="card" as i %}<img src="{{ i.url }}">',
        {},
    ),
    "oscar_thumbnail (sorl)": (
        "image_tags",
        '{% oscar_thumbnail p.shown.original "320x320" as i %}<img src="{{ i.url }}">',
        {"OSCAR_THUMBNAILER": "oscar.core.thumbnails.SorlThumbnail"},
    ),
    "oscar_thumbnail (easy)": (
        "image_tags",
        '{% oscar_thumbnail p.shown.original "320x320" as i %}<img src="{{ i.url }}">',
        {"OSCAR_THUMBNAILER": "oscar.core.thumbnails.EasyThumbnails"},
    ),
    "thumbnail (sorl)": (
        "sorl_tags",
        '{% thumbnail p.shown.original "320x320" as i %}<img src="{{ i.url }}">{% endthumbnail %}',
        {},
    ),
    "thumbnail (easy)": (
        "easy_tags",
        '{% thumbnail p.shown.original 320x320 as i %}<img src="{{ i.url }}">',
        {},
    ),
    "generateimage (imagekit)": ("imagekit", "{% generateimage 'bench:card' source=p.shown.original %}", {}),
}
#: Renders of one tag in a row; the least of them counts. The first one meets a processor full of another tag's code.
BLOCK = 5
OURS = ("prodgen_picture", "prodgen_picture, again", "personalized_image")
LOOKS = (["warm", "wood", "natural"], ["urban", "neutral", "muted"], ["dark", "elegant"], ["light", "plain"])


def yes(request: Any) -> bool:
    return True


def fill(count: int) -> list[Any]:
    """So many products with an image of their own and four published pictures with nine versions each."""
    from imagekit import ImageSpec, register
    from imagekit.processors import ResizeToFit
    from oscar.core.loading import get_model
    from PIL import Image

    from prodgen_django.models import GeneratedImage, ProductTraits

    class Card(ImageSpec):
        processors = [ResizeToFit(320, 320)]
        format = "JPEG"

    register.generator("bench:card", Card)
    product_model, image_model = get_model("catalogue", "Product"), get_model("catalogue", "ProductImage")
    kind = get_model("catalogue", "ProductClass").objects.create(name="Things")
    jpeg = io.BytesIO()
    Image.effect_noise((640, 480), 40).convert("RGB").save(jpeg, "JPEG")
    products = []
    for number in range(count):
        product = product_model.objects.create(
            title=f"Thing {number}", product_class=kind, slug=f"thing-{number}"
        )
        image = image_model(product=product, caption="")
        image.original.save(f"thing-{number}.jpg", ContentFile(jpeg.getvalue()))
        product.shown = image  # loaded beforehand: a page's own queries are not the tag's
        products.append(product)
        ProductTraits.objects.create(product=product, traits={"tag:warm": 1.0, "colour:#c4653f": 0.5})
        GeneratedImage.objects.bulk_create(
            GeneratedImage(
                product=product, kind="display", state="published", file=f"prodgen/{number}-{n}.jpg", sha256="0",
                width=1600, height=1200, tags=tags, palette=["#c4653f", "#f2e8d3", "#36393d"],
                renditions=versions(f"{number}-{n}"),
            )
            for n, tags in enumerate(LOOKS)
        )  # fmt: skip
    return products


def versions(name: str) -> list[dict[str, Any]]:
    return [
        {"name": f"prodgen/renditions/{name:0>32}-{width}.{form}", "format": form, "width": width,
         "height": width * 3 // 4, "bytes": 1}
        for width in (320, 640, 1200) for form in ("avif", "webp", "jpeg")
    ]  # fmt: skip


def request_of(user: Any, seen: list[int], cookie: str = "") -> Any:
    request = RequestFactory().get("/")
    if cookie:
        request.COOKIES["prodgen_seen"] = cookie
    request.user = user
    request.COOKIES.update({"oscar_history": json.dumps(seen), "prodgen_id": "a" * 22})
    return request


def page(name: str, products: list[Any], user: Any) -> Callable[[], str]:
    library, tag, _settings = TAGS[name]
    bulk = "{% personalize_products products %}" if name in OURS else ""
    template = Template(
        "{% load " + library + " %}" + bulk + "{% for p in products %}" + tag + "{% endfor %}"
    )
    seen = [product.pk for product in products[:5]]

    cookie = ""

    def render() -> str:
        request = request_of(user, seen, cookie)
        return template.render(Context({"request": request, "products": products}))

    if name.endswith("again"):
        # The browser brings back what the first view's answer gave it.
        request, response = request_of(user, seen), HttpResponse()
        template.render(Context({"request": request, "products": products}))
        page_of(request).remember(response, secure=False)
        cookie = response.cookies["prodgen_seen"].value

    return render


def prepare(name: str) -> None:
    """The settings that a tag needs, without Django's own way for tests, which slows every look at a setting down."""
    for key, value in TAGS[name][2].items():
        setattr(settings, key, value)


def cpu_ms(render: Callable[[], str]) -> float:
    started = time.process_time()
    render()
    return (time.process_time() - started) * 1000


def measure(products: list[Any], counts: list[int], rounds: int) -> list[dict[str, Any]]:
    """For each number of products a row a tag: milliseconds of this process, queries warm and cold."""
    from prodgen_django.models import TasteProfile
    from prodgen_django.personalization.log.kept import forget_cache

    user = User.objects.create_user("bench", "bench@shop.example")
    TasteProfile.objects.create(user=user, weights={"tag:warm": 0.8, "colour:#c4653f": 0.3}, signals=9)
    rows = []
    for count in counts:
        for who, visitor in (("anonymous", AnonymousUser()), ("signed in", user)):
            pages = {name: page(name, products[:count], visitor) for name in TAGS}
            taken: dict[str, list[float]] = {name: [] for name in TAGS}
            queries: dict[str, tuple[int, int]] = {}
            for name, render in pages.items():
                prepare(name)
                render()  # thumbnails are made, caches are filled
                with CaptureQueriesContext(connection) as warm:
                    html = render()
                cache.clear()
                forget_cache()
                with CaptureQueriesContext(connection) as cold:
                    render()
                queries[name] = len(warm), len(cold)
                assert html.count("<img") == count, (name, html[:300])
            for _ in range(rounds):
                for name, render in pages.items():
                    prepare(name)
                    taken[name].append(min(cpu_ms(render) for _ in range(BLOCK)))
            rows += [
                {
                    "products": count, "visitor": who, "tag": name, "ms": min(taken[name]),
                    "median": statistics.median(taken[name]), "sql": queries[name],
                }
                for name in TAGS
            ]  # fmt: skip
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    cache_name = settings.CACHES["default"]["BACKEND"].rpartition(".")[2]
    print(
        f"\n{connection.vendor}, {cache_name}; CPU ms of the process, least (median); ours / peer = ratio\n"
    )
    keys = list(dict.fromkeys((row["products"], row["visitor"]) for row in rows))
    for count, who in keys:
        part = [row for row in rows if (row["products"], row["visitor"]) == (count, who)]
        ours = {row["tag"]: row["ms"] for row in part if row["tag"] in OURS}
        print(f"{count} products, {who}")
        print(f"  {'tag':<26}{'ms':>16}  {'SQL warm/cold':>14}" + "".join(f"{name:>24}" for name in OURS))
        for row in part:
            ratios = "".join(
                f"{'' if row['tag'] in OURS else format(ours[name] / row['ms'], '.2f'):>20}" for name in OURS
            )
            cost = f"{row['ms']:.2f} ({row['median']:.2f})"
            print(f"  {row['tag']:<26}{cost:>16}  {row['sql'][0]:>7}/{row['sql'][1]:<6}" + ratios)
