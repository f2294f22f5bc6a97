"""A month of made-up visitors, so that a demonstration has a report."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from prodgen_django.personalization.simulation import Flood, clear, simulate


class Command(BaseCommand):
    help = "Writes made-up traffic, every row marked as simulated, in the place of what was simulated before."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=30)
        parser.add_argument("--visitors", type=int, default=300, help="visitors a day")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--flood",
            type=int,
            default=0,
            help="clicks a day of one address, to see how far they move the choice",
        )
        parser.add_argument("--clear", action="store_true", help="only drop what was simulated")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["clear"]:
            self.stdout.write(f"{clear()} simulated exposures dropped")
            return
        flood = Flood(options["flood"]) if options["flood"] else None
        done = simulate(days=options["days"], visitors=options["visitors"], seed=options["seed"], flood=flood)
        if not done.exposures:
            raise CommandError("No product has two published pictures: there is nothing to choose among.")
        self.stdout.write(
            f"{done.exposures} simulated exposures of {done.visitors} visitors, {done.clicks} clicks, "
            f"{done.versions} policy versions"
        )
        if flood is not None:
            before, after = done.shares
            self.stdout.write(
                f"{flood.clicks} clicks a day of one address move the picture's share from {before:.3f} to {after:.3f}"
            )
