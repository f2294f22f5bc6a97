"""``manage.py prodgen_stitch``: one picture of a product's overlapping photos, or of several products."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from prodgen_django.management.jobcommand import JobCommand


class Command(JobCommand):
    help = "Stitch the photos of each product, or with --together one picture of all products."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--mode", help="auto (the default), planar, panorama, grid, row, column or strip")
        parser.add_argument(
            "--together", action="store_true", default=None, help="one picture of all products"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.start("stitch", {name: options[name] for name in ("mode", "together")}, options)
