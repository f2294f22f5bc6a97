"""Learn which pictures suit whom: from cron, where no Celery beat runs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from prodgen_django.personalization.log.versions import learn, relearn


class Command(BaseCommand):
    help = "Learns from what visitors were shown and did since the last time, and puts the new policy to use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--again", action="store_true", help="forget all versions and learn from the whole log again"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["again"]:
            relearn()
        done = learn()
        if not done.impressions:
            self.stdout.write("Nothing new to learn from.")
            return
        self.stdout.write(
            f"version {done.version}: {done.impressions} exposures, {done.clicks} followed, "
            f"{done.skipped} skipped because their picture is gone"
        )
