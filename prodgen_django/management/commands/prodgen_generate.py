"""``manage.py prodgen_generate``: display or concept pictures of products."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from prodgen_django.management.jobcommand import JobCommand


class Command(JobCommand):
    help = "Make display pictures (or, with --kind, any other kind) of products."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--kind", default="display", help="display (the default), concept, or a kind of your own"
        )
        parser.add_argument(
            "--style", action="append", dest="styles", help="a backdrop; may be given several times"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.start(options["kind"], {"styles": options["styles"]}, options)
