"""Erase what we keep of a customer's taste, and prove it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from prodgen_django.keys import key_of
from prodgen_django.models import Exposure, TasteProfile
from prodgen_django.personalization.log.privacy import forget, remembers


class Command(BaseCommand):
    help = "Erases a customer's profile and exposures for good, and shows the counts before and after."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="key, user name or e-mail address")

    def handle(self, *args: Any, **options: Any) -> None:
        model: Any = get_user_model()
        key = options["user"]
        who = Q(**{model.USERNAME_FIELD: key}) | Q(**{model.get_email_field_name(): key})
        users = list(model._default_manager.filter(who)[:2])
        if not users and (pk := key_of(model, key)) is not None:
            users = list(model._default_manager.filter(pk=pk))
        if len(users) != 1:
            raise CommandError(f"{'No' if not users else 'More than one'} customer is known as {key!r}.")
        before = forget(users[0].pk)
        after = remembers(users[0].pk)
        for model in (TasteProfile, Exposure):
            label = model._meta.label
            self.stdout.write(f"{label}: {before.pop(label, 0)} before, {after.get(label, 0)} now")
        for label, count in before.items():
            self.stdout.write(f"{label}: {count} before, {after.get(label, 0)} now")
        if after:
            raise CommandError(f"Something is left: {after}")
        self.stdout.write(
            "Nothing is kept of this customer's taste, and nothing will be until they say yes again."
        )
