"""``manage.py prodgen_sweep``: rescue what dead workers and lost messages left lying."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from prodgen_django.jobs.sweep import sweep


class Command(BaseCommand):
    help = "Look through the open jobs once, as each worker does every minute."

    def handle(self, *args: Any, **options: Any) -> None:
        found = sweep()
        self.stdout.write(", ".join(f"{name} {count}" for name, count in asdict(found).items()))
        if found.unwoken:
            raise CommandError("The broker took no message. The jobs are safe; they start when it is back.")
