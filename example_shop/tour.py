"""The main job as ``make demo`` shows it: real jobs, a real worker, review, publication, a look at pages."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from oscar.core.loading import get_model

from example_shop import consent
from example_shop.catalogue import ProductSpec
from example_shop.history import favourites_of
from example_shop.people import CUSTOMERS, Person
from prodgen_django.catalog import get_catalog
from prodgen_django.jobs import create_job
from prodgen_django.models import BrandKit, GeneratedImage, Job
from prodgen_django.pictures import review

Product = get_model("catalogue", "Product")
Offer, Range = get_model("offer", "ConditionalOffer"), get_model("offer", "Range")
Condition, Benefit = get_model("offer", "Condition"), get_model("offer", "Benefit")

#: What stands on a table suits both backdrops.
TABLEWARE = ("Mugs & cups", "Vases & jugs", "Bottles & carafes")
#: What glass and thin bright rims are made of: their cut-outs are for a person to judge, not for a tour.
HARD_TO_CUT = {"glass", "wire", "enamelled"}
#: The photograph's shadow below the saucer comes along with the cut-out; a person would reject it.
LEFT_OUT = {"ES-lido-espresso"}
#: Of the campaign's designs.
SEED = 2
WARM, COOL = "oak-morning", "marble-bath"
SIZE = 1000
#: Products shown in one style alone, for each of the two, and products shown in both.
APART, SHARED, STITCHED = 3, 6, 2
#: Of these so many must have a published picture in the end; uncertain cut-outs are left for a person.
LEAST = 6
#: What the campaign on the home page shows, and the offer that it speaks of.
CAMPAIGN = ("ES-summit-flask", "ES-ember-tea-bowl", "ES-reed-cup")
OFFER, PERCENT, DAYS = "Slow mornings", 20, 30
#: The two customers whose pages are compared.
WARM_CUSTOMER, COOL_CUSTOMER = CUSTOMERS[0], CUSTOMERS[1]


class TourError(Exception):
    """The main job did not come to its end; the message says where."""


@dataclass
class Tour:
    """What was made of which products."""

    jobs: list[Job] = field(default_factory=list)
    shared: list[Any] = field(default_factory=list)
    images: list[GeneratedImage] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    #: Pictures with an uncertain cut-out: left for a person to look at.
    doubtful: list[str] = field(default_factory=list)


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """The shop's real Celery workers, ended with the block; the one for jobs, with its beat.

    A small one beside it does what somebody waits for at a page, which would else stand behind a batch of pictures.
    """
    beat = ["--beat", "--schedule", str(settings.DEMO_DIR / "beat")]
    with (
        _worker("quick", "prodgen-quick", processes=1),
        _worker("worker", "prodgen,prodgen-gpu", processes=2, more=beat) as jobs,
    ):
        yield jobs


@contextmanager
def _worker(
    name: str, queues: str, processes: int, more: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    log = (settings.DEMO_DIR / f"{name}.log").open("ab")
    command = [
        sys.executable, "-m", "celery", "-A", "example_shop", "worker", "--loglevel", "INFO",
        "--pool", "prefork", "--concurrency", str(processes), "--queues", queues, "--hostname", f"{name}@%h",
        "--without-gossip", "--without-mingle", *more,
    ]  # fmt: skip
    # Two processes on two cores: threads of their own would only be in each other's way.
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
    }
    process = subprocess.Popen(  # noqa: S603
        command,
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        stop(process)
        log.close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and end its group where it does not."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def start_jobs(specs: Sequence[ProductSpec], admin: Any, *, stitched: int = STITCHED) -> Tour:
    """Queue the jobs: a warm set, a cool set, some products in both, and wide products from close-ups."""
    ware = [
        spec
        for spec in specs
        if spec.category in TABLEWARE
        and spec.upc not in LEFT_OUT
        and not HARD_TO_CUT.intersection(spec.material.split())
    ]
    warm, cool = favourites_of(WARM_CUSTOMER, ware), favourites_of(COOL_CUSTOMER, ware)
    everything = list(Product.objects.filter(upc__in=[s.upc for s in ware]).order_by("pk"))
    warm = [p for p in warm if p not in cool[:APART]][:APART]
    cool = [p for p in cool if p not in warm][:APART]
    shared = [p for p in everything if p not in warm and p not in cool][:SHARED]
    if len(warm) + len(cool) + len(shared) < 8:
        raise TourError("The catalogue holds too few products to show the main job.")
    wide = wide_products(specs)[:stitched]
    if len(wide) < stitched:
        raise TourError("The catalogue holds too few wide products with all of their close-ups.")

    def display(products: Sequence[Any], styles: Sequence[str], title: str) -> Job:
        options = {"styles": list(styles), "photo": "first", "size": SIZE}
        return create_job(
            "display", products=products, options=options, created_by=admin, title=title, seed=11
        )

    tour = Tour(shared=shared)
    tour.jobs = [
        display(shared, (WARM, COOL), "Display pictures: two backdrops"),
        display(warm, (WARM,), "Display pictures: morning on oak"),
        display(cool, (COOL,), "Display pictures: on marble"),
        create_job(
            "stitch",
            products=[product for product, _refs in wide],
            photos={product.pk: refs for product, refs in wide},
            options={"mode": "planar"},
            created_by=admin,
            title="Wide products from close-ups",
        ),
        campaign(admin),
    ]
    return tour


def campaign(admin: Any) -> Job:
    """Pictures for the home page, of an offer that ends after a month: two designs, each wide and for phones."""
    products = list(Product.objects.filter(upc__in=CAMPAIGN).order_by("pk"))
    offer = _offer(products)
    kit, _new = BrandKit.objects.get_or_create(
        name="Alder & Loom", defaults={"is_default": True, "accent": "#2f4a3c"}
    )
    return create_job(
        "campaign",
        products=products,
        options={
            "source": f"offer:{offer.pk}",
            "headline": "Slow mornings, 20% off",
            "subline": "Mugs, bowls and cups, thrown and dipped by hand.",
            "call": "See the offer",
            "formats": ["hero", "hero_phone"],
            "variations": 2,
            "photo": "first",
            "brand": str(kit.pk),
            "slot": "hero",
            "seed": SEED,
        },
        created_by=admin,
        title="Campaign: slow mornings",
    )


def _offer(products: Sequence[Any]) -> Any:
    """An offer of Oscar's own on these products, made once."""
    found = Offer.objects.filter(slug="slow-mornings").first()
    if found is not None:
        return found
    chosen, _new = Range.objects.get_or_create(name=OFFER, defaults={"is_public": True})
    for product in products:
        chosen.add_product(product)
    return Offer.objects.create(
        name=OFFER,
        slug="slow-mornings",
        description="Mugs and bowls for a quiet start, a fifth off for a month.",
        offer_type=Offer.SITE,
        condition=Condition.objects.create(range=chosen, type=Condition.COUNT, value=1),
        benefit=Benefit.objects.create(range=chosen, type=Benefit.PERCENTAGE, value=PERCENT),
        end_datetime=timezone.now() + timedelta(days=DAYS),
    )


def wide_products(specs: Sequence[ProductSpec]) -> list[tuple[Any, list[str]]]:
    """Products whose close-ups are all there, with references to these; those of fewest first."""
    found = []
    for spec in sorted(specs, key=lambda s: len(s.closeups)):
        product = Product.objects.filter(upc=spec.upc).first() if spec.closeup_grid else None
        if product is None:
            continue
        codes = {f"photo-{photo.path.stem}" for photo in spec.closeups}
        rows = list(product.images.filter(code__in=codes).order_by("display_order"))
        if len(rows) == len(codes):
            own = {photo.ref for photo in get_catalog().photos(product)}
            found.append((product, [ref for ref in (f"productimage:{row.pk}" for row in rows) if ref in own]))
    return found


def watch(tour: Tour, alive: Callable[[], bool], tell: Callable[[str], None], seconds: float) -> None:
    """Follow the jobs in the database until all are over."""
    deadline, last = time.monotonic() + seconds, ""
    while True:
        for job in tour.jobs:
            job.refresh_from_db()
        counts = [job.counts() for job in tour.jobs]
        line = f"{sum(c['done'] for c in counts)} of {sum(c['total'] for c in counts)} items done"
        if line != last:
            tell(line)
            last = line
        if all(job.is_finished for job in tour.jobs):
            break
        if not alive():
            raise TourError(f"The worker ended; see {settings.DEMO_DIR / 'worker.log'}.")
        if time.monotonic() > deadline:
            raise TourError(f"The jobs were not over after {seconds:.0f} seconds.")
        time.sleep(0.5)
    errors = [f"{item}: {item.error}" for job in tour.jobs for item in job.items.filter(state="failed")]
    if errors:
        raise TourError("Some items failed: " + "; ".join(errors))


def is_doubtful(image: GeneratedImage) -> bool:
    """Whether the cut-out itself says that it may be wrong; no program should approve such a picture."""
    return bool((image.scores.get("cut_out") or {}).get("poor"))


def release(tour: Tour, admin: Any, seconds: float = 120) -> None:
    """Approve every picture, wait for the smaller versions that the worker makes, and publish."""
    tour.images = list(GeneratedImage.objects.filter(job__in=tour.jobs).order_by("pk"))
    for image in tour.images:
        if image.blockers:
            reasons = " ".join(blocker["message"] for blocker in image.blockers)
            tour.refused.append(f"{image}: {reasons}")
        elif is_doubtful(image):
            tour.doubtful.append(str(image))
        elif image.state == GeneratedImage.State.PENDING:
            review.approve(image, admin)
    deadline = time.monotonic() + seconds
    approved = [image for image in tour.images if not image.blockers and not is_doubtful(image)]
    while waiting := [image for image in approved if not image.renditions]:
        if time.monotonic() > deadline:
            raise TourError(f"{len(waiting)} pictures have no smaller versions after {seconds:.0f} seconds.")
        time.sleep(0.3)
        for image in waiting:
            image.refresh_from_db(fields=["renditions"])
    for image in approved:
        image.refresh_from_db()
        if image.state == GeneratedImage.State.APPROVED:
            review.publish(image, admin)
    # What the pictures are like is part of what liking their products says.
    call_command("prodgen_taste", stdout=io.StringIO())


def picture_seen(person: Person, product: Any) -> str:
    """The address of the product page's main picture as a customer is shown it, by asking for the page."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(
        get_user_model().objects.get(email=person.email),
        backend="oscar.apps.customer.auth_backends.EmailBackend",
    )
    client.cookies[consent.COOKIE] = consent.YES
    response = client.get(product.get_absolute_url())
    if response.status_code != 200:
        raise TourError(f"{product.get_absolute_url()} answered {response.status_code}.")
    stage = response.content.decode().partition('class="gallery-stage"')[2].partition("</div>")[0]
    found = re.search(r'<img[^>]*\ssrc="([^"]+)"', stage)
    return found.group(1) if found else ""


def differing(tour: Tour) -> list[tuple[Any, str, str]]:
    """Products of which the two customers really see different pictures."""
    seen = [(p, picture_seen(WARM_CUSTOMER, p), picture_seen(COOL_CUSTOMER, p)) for p in tour.shared]
    return [
        (product, first, second) for product, first, second in seen if first and second and first != second
    ]
