"""What web pages and workers tell each other through the database beside jobs."""

from __future__ import annotations

import uuid

from django.conf import settings as django_settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class WakeUp(models.Model):
    """A wake-up on its way: gone as soon as a worker has taken it, or the broker has refused it.

    One that is older than ``PRODGEN["REPUBLISH_SECONDS"]`` is taken for lost.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: None: it wakes for errands.
    job = models.ForeignKey("Job", models.CASCADE, null=True, related_name="wake_ups")
    #: When it is, or was, to arrive.
    due_at = models.DateTimeField()

    class Meta:
        verbose_name = _("wake-up")
        verbose_name_plural = _("wake-ups")

    def __str__(self) -> str:
        return f"{self.job_id or 'errands'} at {self.due_at}"


class Errand(models.Model):
    """A small piece of work, kept until it is done; one that keeps going wrong stays, with its reason."""

    class Kind(models.TextChoices):
        RENDER = "render", _("Smaller versions")
        DECIDE = "decide", _("Decision about many pictures")

    kind = models.CharField(max_length=16, choices=Kind)
    image = models.ForeignKey("GeneratedImage", models.CASCADE, null=True, blank=True, related_name="errands")
    #: What else it takes: for a decision {"action": name, "images": [keys]}.
    what = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    token = models.UUIDField(null=True, blank=True, editable=False)
    #: Whose token it is may write until then; without a token: nobody takes it before.
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: How many of the pictures have been decided about.
    position = models.PositiveIntegerField(default=0)
    #: What came of it: {"done": 3, "refused": 1, "reasons": [[title, reason]]}.
    report = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("errand")
        verbose_name_plural = _("errands")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "image"], name="prodgen_one_errand_a_picture"),
        ]
        indexes = [models.Index(fields=["over_at", "id"], name="prodgen_errand_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Worker(models.Model):
    """A Celery worker that has been seen, by its own word: which queues it serves, and how busy it is."""

    name = models.CharField(max_length=190)
    pid = models.PositiveBigIntegerField()
    queues = models.JSONField(default=list)
    #: How many tasks it can do at the same time, and does.
    processes = models.PositiveIntegerField(default=1)
    busy = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ["name", "pid"]
        constraints = [models.UniqueConstraint(fields=["name", "pid"], name="prodgen_one_row_a_worker")]

    def __str__(self) -> str:
        return f"{self.name} ({self.pid})"
