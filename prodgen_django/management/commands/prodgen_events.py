"""Write waiting events into the log: from cron, on a web machine that no worker shares a disk with."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from prodgen_django.personalization.log.flush import flush


class Command(BaseCommand):
    help = "Writes what visitors saw, clicked, put into the basket and ordered into the log."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(str(flush()))
