"""Settings, database, storage, letters and the consent hook."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.conf import global_settings
from django.conf import settings as django_settings
from django.core.checks import ERROR, run_checks
from django.core.files.base import ContentFile
from django.db import connections, router

from prodgen_django.conf import settings
from prodgen_django.doctor.findings import Finding, bounded, examination


@examination("settings")
def settings_are_right(seconds: float) -> Iterator[Finding]:
    found = [message for message in run_checks(tags=["prodgen_django"]) if not message.is_silenced()]
    # Letters have an examination of their own.
    messages = [message for message in found if message.id != "prodgen_django.W008"]
    for message in messages:
        state = "fault" if message.level >= ERROR else "warning"
        yield Finding("settings", state, message.msg, message.hint or "")  # type: ignore[arg-type]
    if not messages:
        yield Finding("settings", "ok", "Every key of PRODGEN has a value that it takes.")


@examination("database")
def database_answers(seconds: float) -> Iterator[Finding]:
    from django.db.migrations.executor import MigrationExecutor

    from prodgen_django.models import Job

    alias = router.db_for_write(Job) or "default"
    connection = connections[alias]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except Exception as error:  # noqa: BLE001  (each database raises its own)
        yield Finding(
            "database",
            "fault",
            f"The database {alias!r} does not answer: {error}".strip(),
            f"See that it runs, and what DATABASES[{alias!r}] says.",
        )
        return
    yield Finding("database", "ok", f"{connection.vendor} answers.")
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    pending = [migration for migration, _backwards in plan if migration.app_label == "prodgen_django"]
    if pending:
        names = ", ".join(migration.name for migration in pending)
        yield Finding(
            "migrations",
            "fault",
            f"Not yet applied: {names}.",
            "Run: python manage.py migrate prodgen_django",
        )
    else:
        yield Finding("migrations", "ok", "All of prodgen_django's migrations are applied.")


@examination("storage")
def storage_keeps_what_it_is_given(seconds: float) -> Iterator[Finding]:
    from prodgen_django.storage import get_storage

    storage = get_storage()
    told = f"{type(storage).__name__} (PRODGEN['STORAGE'])"
    try:
        bounded(lambda: _write_read_delete(storage), seconds)
    except Exception as error:  # noqa: BLE001  (each storage raises its own)
        yield Finding(
            "storage",
            "fault",
            f"{told} does not keep a file: {error}".strip(),
            "See that the folder or bucket exists and that this user may write, read and delete in it.",
        )
    else:
        yield Finding("storage", "ok", f"A file was written to {told}, read and deleted.")


@examination("letters")
def there_are_letters_for_the_languages(seconds: float) -> Iterator[Finding]:
    from prodgen_django.recipes.campaign_fonts import languages_without_letters

    # Django's own list is every language that it knows: a shop that left it so has the one it is written in.
    is_chosen = django_settings.LANGUAGES != global_settings.LANGUAGES
    languages = (
        [tag for tag, _name in django_settings.LANGUAGES] if is_chosen else [django_settings.LANGUAGE_CODE]
    )
    lacking = languages_without_letters(languages)
    for tag, package in lacking.items():
        yield Finding(
            "letters",
            "warning",
            f"This machine has no letters for campaign pictures in {tag!r}.",
            f"Install them where the workers run (Debian: apt install {package}), give the brand kit a font that has "
            "them, or list only the shop's own languages in LANGUAGES.",
        )
    if not lacking:
        yield Finding("letters", "ok", f"Campaign pictures can be written in {', '.join(languages)}.")


@examination("consent")
def the_consent_hook_answers(seconds: float) -> Iterator[Finding]:
    if settings.CONSENT is None:
        yield Finding("consent", "ok", "No hook is set: nobody is profiled, everybody sees the same choice.")
        return
    hook = settings.imported("CONSENT")
    try:
        answer = hook(_a_strangers_request())
    except Exception as error:  # noqa: BLE001  (the shop's own code)
        yield Finding(
            "consent",
            "warning",
            f"PRODGEN['CONSENT'] failed for a stranger's first request: {type(error).__name__}: {error}",
            "Such a request counts as no consent. Let the hook return False where it finds no answer.",
        )
        return
    if answer:
        yield Finding(
            "consent",
            "warning",
            "PRODGEN['CONSENT'] says yes for a stranger who has been asked nothing.",
            "Let the hook return True only where the visitor has said yes.",
        )
    else:
        yield Finding("consent", "ok", "The hook answers; a stranger who has said nothing has not consented.")


def _a_strangers_request() -> Any:
    from django.contrib.auth.models import AnonymousUser
    from django.contrib.sessions.backends.base import SessionBase
    from django.test import RequestFactory

    request: Any = RequestFactory().get("/")
    request.user, request.session = AnonymousUser(), SessionBase()
    return request


def _write_read_delete(storage: Any) -> bool:
    data = uuid.uuid4().bytes
    name = storage.save(f"{settings.STORAGE_PREFIX}/doctor/{uuid.uuid4().hex}.bin", ContentFile(data))
    try:
        with storage.open(name, "rb") as file:
            if file.read() != data:
                raise OSError("what was read is not what was written")
    finally:
        storage.delete(name)
    if storage.exists(name):
        raise OSError("what was deleted is still there")
    return True
