"""What the commands that start a job share: choosing products, waiting with a progress bar, telling what was made."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from prodgen_django.catalog import get_catalog
from prodgen_django.jobs import create_job
from prodgen_django.jobs.worker import listening, waiting_for
from prodgen_django.models import GeneratedImage, Job, JobItem
from prodgen_django.recipes import get_recipe

if TYPE_CHECKING:
    from collections.abc import Iterable

BAR = 30
POLL_SECONDS = 0.5


class JobCommand(BaseCommand):
    """Starts one job. Subclasses add their arguments and say which kind and options they mean."""

    #: Whether products must be chosen.
    needs_products = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "products",
            nargs="*",
            help="primary keys, UPCs, SKUs or exact titles of products; “all” for every product",
        )
        parser.add_argument(
            "-o",
            "--option",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="any option of the job's form",
        )
        parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same pictures again")
        parser.add_argument("--title", default="", help="the job's title in the admin")
        parser.add_argument(
            "--wait", action="store_true", help="stay until the job is over, with a progress bar"
        )
        parser.add_argument(
            "--inline",
            action="store_true",
            help="do the work in this process; no worker and no broker is needed",
        )
        parser.add_argument(
            "--timeout", type=float, help="stop waiting after so many seconds (the job goes on)"
        )

    def start(self, kind: str, options: dict[str, Any], given: dict[str, Any]) -> None:
        """Make the job, do or await it as asked, and print one line a picture. Raises CommandError on failure."""
        options = {key: value for key, value in options.items() if value is not None}
        options |= _parsed(given["option"])
        try:
            job = create_job(
                kind,
                products=self._products(given["products"]),
                options=options,
                seed=given["seed"],
                title=given["title"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except LookupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"job {job.pk}: {job.title}")
        if given["inline"]:
            self._work_here(job, given["verbosity"])
        elif given["wait"]:
            self._wait(job, given["verbosity"], given["timeout"])
        else:
            return
        self._tell(job)

    def _products(self, words: list[str]) -> Iterable[Any]:
        if words == ["all"]:
            return get_catalog().products()
        if not words:
            if self.needs_products:
                raise CommandError("Name the products, or say “all”.")
            return []
        found = [get_catalog().find(word) for word in words]
        missing = [word for word, product in zip(words, found, strict=True) if product is None]
        if missing:
            raise CommandError(f"There is no such product: {', '.join(missing)}")
        return found

    def _work_here(self, job: Job, verbosity: int) -> None:
        from prodgen_django.jobs.run import run_batch

        while run_batch(job.pk):
            self._bar(job, verbosity)
        # What failed for a passing reason waits a little before it is tried again.
        while not self._over(job):
            time.sleep(POLL_SECONDS)
            run_batch(job.pk)
        self._bar(job, verbosity, last=True)

    def _wait(self, job: Job, verbosity: int, timeout: float | None) -> None:
        until = None if timeout is None else time.monotonic() + timeout
        warn_at: float | None = time.monotonic() + 10
        while not self._over(job):
            self._bar(job, verbosity)
            if until is not None and time.monotonic() > until:
                raise CommandError(f"\njob {job.pk} is not over after {timeout:g} s; it goes on without us")
            if warn_at is not None and time.monotonic() > warn_at and job.state == Job.State.QUEUED:
                why = waiting_for(listening(get_recipe(job.kind).queue))
                self.stderr.write(f"\n{why} Or use --inline.")
                warn_at = None
            time.sleep(POLL_SECONDS)
        self._bar(job, verbosity, last=True)

    def _over(self, job: Job) -> bool:
        job.refresh_from_db()
        return job.is_finished

    def _bar(self, job: Job, verbosity: int, last: bool = False) -> None:
        if verbosity and self.stderr.isatty():
            done = job.progress
            filled = round(BAR * done)
            end = "\n" if last else ""
            self.stderr.write(f"\r{'█' * filled}{'░' * (BAR - filled)} {100 * done:3.0f} %", ending=end)

    def _tell(self, job: Job) -> None:
        for image in GeneratedImage.objects.filter(job=job).order_by("item__position", "slot"):
            note = (
                "" if not image.blockers else "  (cannot be published: " + image.blockers[0]["message"] + ")"
            )
            self.stdout.write(f"{image.file.name}  {image.width}×{image.height}  {image.title}{note}")
        for item in job.items.all():
            for sentence in item.report.get("sentences", ()):
                self.stdout.write(f"{item.title}: {sentence}")
        failed = job.items.filter(state=JobItem.State.FAILED)
        for item in failed:
            self.stderr.write(f"{item.title}: {item.error}")
        if job.state == Job.State.CANCELLED:
            raise CommandError(f"job {job.pk} was cancelled")
        if failed:
            raise CommandError(f"{len(failed)} of {job.items.count()} failed")


def _parsed(pairs: list[str]) -> dict[str, Any]:
    """NAME=VALUE pairs; a value that is JSON is taken as such (numbers, lists, true), else as text."""
    options: dict[str, Any] = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark:
            raise CommandError(f"“{pair}” is not of the form NAME=VALUE")
        try:
            options[name] = json.loads(value)
        except ValueError:
            options[name] = value
    return options
