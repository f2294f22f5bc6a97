"""Erase what we keep of a customer's taste, and prove it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from prodgen_django.personalization.profiles import forget, remembers


class Command(BaseCommand):
    help = "Erases a customer's taste profile, then looks whether anything is left."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="key, user name or e-mail address")

    def handle(self, *args: Any, **options: Any) -> None:
        model: Any = get_user_model()
        key = options["user"]
        who = Q(**{model.USERNAME_FIELD: key}) | Q(**{model.get_email_field_name(): key})
        users = list(model._default_manager.filter(who)[:2])
        if not users and key.isdecimal():
            users = list(model._default_manager.filter(pk=key))
        if len(users) != 1:
            raise CommandError(f"{'No' if not users else 'More than one'} customer is known as {key!r}.")
        erased = forget(users[0].pk)
        left = remembers(users[0].pk)
        if left:
            raise CommandError(f"Something is left: {left}")
        for label, count in erased.items():
            self.stdout.write(f"erased {count} {label}")
        self.stdout.write("Nothing is kept of this customer's taste.")
