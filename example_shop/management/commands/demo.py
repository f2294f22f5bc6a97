from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from example_shop import tour as tours
from example_shop.catalogue import load_catalogue
from example_shop.people import ADMIN, PASSWORD, PEOPLE
from prodgen_django.models import Exposure, GeneratedImage


class Command(BaseCommand):
    help = "Show the main job with a real worker: generate, stitch, review, publish. Then serve the shop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="stop after the main job; 0 only if all was made"
        )
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--again", action="store_true", help="do the main job even if it was done before")

    def handle(self, *args: Any, **options: Any) -> None:
        # A demonstration that fails half-way leaves nothing running: the worker ends with the block.
        try:
            with tours.worker() as worker:
                if (
                    options["once"]
                    or options["again"]
                    or not GeneratedImage.objects.filter(state="published").exists()
                ):
                    self._main_job(worker)
                self._visitors()
                if not options["once"]:
                    self._people(options["port"])
                    self._serve(options["port"])
        except tours.TourError as error:
            raise CommandError(str(error)) from error

    def _main_job(self, worker: subprocess.Popen[bytes]) -> None:
        started = time.monotonic()
        admin = get_user_model().objects.filter(email=ADMIN.email).first()
        if admin is None:
            raise CommandError("There is no shop yet: run load_shop first.")
        tour = tours.start_jobs(load_catalogue(), admin)
        self._title("The main job")
        tours.watch(tour, lambda: worker.poll() is None, lambda line: self._say(f"  {line}"), seconds=540)
        tours.release(tour, admin)
        self._say(f"  reviewed and published after {time.monotonic() - started:.0f} s")
        self._title("What was made")
        for image in tour.images:
            tags = ", ".join(image.tags[:3])
            self._say(f"  {image.get_state_display():<10} {image.kind:<8} {str(image)[:40]:<40} {tags}")
        different = tours.differing(tour)
        first, second = tours.WARM_CUSTOMER.first_name, tours.COOL_CUSTOMER.first_name
        self._title(f"Where {first} and {second} see different pictures")
        for product, _one, _other in different:
            self._say(f"  {product.get_title():<28} {product.get_absolute_url()}")
        published = [image for image in tour.images if image.state == GeneratedImage.State.PUBLISHED]
        if tour.refused:
            raise tours.TourError("Pictures were made that may not be published: " + "; ".join(tour.refused))
        if tour.doubtful:
            self._say(
                "  Left for you to review, since the cut-out is uncertain: "
                + ", ".join(sorted(set(tour.doubtful)))
            )
        if len(published) + len(tour.doubtful) != len(tour.images):
            raise tours.TourError(f"{len(published)} of {len(tour.images)} pictures were published.")
        shown = {image.product_id for image in published}
        if len(shown) < tours.LEAST + tours.STITCHED:
            raise tours.TourError(f"Only {len(shown)} products have a published picture.")
        if not different:
            raise tours.TourError(f"{first} and {second} see the same picture on every page.")

    def _visitors(self) -> None:
        """A month of made-up visitors, so that there is a report to read."""
        if Exposure.objects.filter(is_simulated=True).exists():
            return
        self._title("A month of simulated visitors, for the report")
        try:
            call_command("prodgen_simulate", stdout=self.stdout)
        except CommandError as error:
            # The demonstration is whole without them: pictures may have been unpublished since.
            self._say(f"  none: {error}")

    def _people(self, port: int) -> None:
        root = f"http://localhost:{port}"
        self._title("Where to click")
        for what, path in (
            ("The shop", "/"),
            ("Select products, choose an action", "/admin/catalogue/product/"),
            ("Jobs and their progress", "/admin/prodgen_django/job/"),
            ("All pictures", "/admin/prodgen_django/generatedimage/"),
            ("What choosing pictures brings", "/admin/prodgen_django/personalisationreport/"),
            ("Oscar's dashboard", "/dashboard/"),
        ):
            self._say(f"  {what:<36} {root}{path}")
        self._title(f"Who to be (every password is {PASSWORD})")
        for person in PEOPLE:
            self._say(f"  {person.email:<26} {person.first_name}: {person.about}")
        self._say("\n  The bar on top of every page switches among them. Stop with Ctrl-C.\n")

    def _serve(self, port: int) -> None:
        server = subprocess.Popen(  # noqa: S603
            [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
            cwd=settings.BASE_DIR,
        )
        try:
            server.wait()
        except KeyboardInterrupt:
            self._say("Stopping.")
        finally:
            tours.stop(server)

    def _title(self, text: str) -> None:
        self._say("\n" + self.style.MIGRATE_HEADING(text))

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
