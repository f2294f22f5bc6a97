"""``manage.py prodgen_train``: train the generator on the shop's photos."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from prodgen_django.management.jobcommand import JobCommand


class Command(JobCommand):
    help = "Train the model for concept pictures on the photos of the named products, or of the whole shop."
    needs_products = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--name", help="what the model is called")
        parser.add_argument("--preset", help="cpu-64 (the default), gpu-128, gpu-256 or gpu-512")
        parser.add_argument("--minutes", type=float, help="how long to train (default 60)")

        parser.add_argument(
            "--check-only",
            action="store_true",
            default=None,
            help="say what the photos are worth, train nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.start(
            "train", {name: options[name] for name in ("name", "preset", "minutes", "check_only")}, options
        )
