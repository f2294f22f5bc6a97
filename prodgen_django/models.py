"""The queue's truth and the picture's life.

A Celery message is only a wake-up: what is to be done, who does it and what came of it stands here.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings as django_settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from prodgen_django.campaigns.models import BrandKit, Campaign
from prodgen_django.conf import product_model
from prodgen_django.errands.models import Errand, WakeUp, Worker
from prodgen_django.personalization.models import (
    Exposure,
    PersonalisationReport,
    PolicyVersion,
    ProductTraits,
    ProfilingConsent,
    TasteProfile,
    TasteSegment,
)
from prodgen_django.storage import get_storage

__all__ = [
    "BrandKit",
    "Campaign",
    "Checkpoint",
    "CutOutCorrection",
    "Errand",
    "Exposure",
    "GeneratedImage",
    "Job",
    "JobItem",
    "PersonalisationReport",
    "PolicyVersion",
    "Pose",
    "ProductTraits",
    "ProfilingConsent",
    "ReviewEvent",
    "TasteProfile",
    "TasteSegment",
    "Turn",
    "WakeUp",
    "Worker",
]


class Job(models.Model):
    """What somebody asked for."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        SUCCEEDED = "succeeded", _("Succeeded")
        PARTLY_FAILED = "partly_failed", _("Partly failed")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    FINISHED = (State.SUCCEEDED, State.PARTLY_FAILED, State.FAILED, State.CANCELLED)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=32)
    title = models.CharField(_("title"), max_length=200, blank=True)
    options = models.JSONField(_("options"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    queued_at = models.DateTimeField(_("queued"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    cancel_requested_at = models.DateTimeField(_("cancel asked for"), null=True, blank=True)
    #: What a long job shows while it runs: loss curves, sample grids (names in the storage), a report.
    log = models.JSONField(_("log"), default=dict, blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-created_at", "-pk"]
        get_latest_by = "created_at"
        indexes = [
            models.Index(fields=["state", "-created_at"], name="prodgen_job_state"),
            models.Index(fields=["kind", "-created_at"], name="prodgen_job_kind"),
        ]
        permissions = [("generate", _("Can generate and stitch pictures"))]

    def __str__(self) -> str:
        return self.title or f"{self.kind} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("admin:prodgen_django_job_change", args=[self.pk])

    @property
    def is_finished(self) -> bool:
        return self.state in self.FINISHED

    def counts(self) -> dict[str, int]:
        """Items by state, every state present, and ``total``."""
        found = dict(self.items.order_by().values_list("state").annotate(n=models.Count("pk")))
        counts = {state: found.get(state, 0) for state in JobItem.State.values}
        return counts | {"total": sum(counts.values())}

    @property
    def progress(self) -> float:
        """Share of the work that was done, in [0, 1]; a running item counts by its own progress."""
        return self.share(self.counts())

    def share(self, counts: dict[str, int]) -> float:
        """`progress`, for a caller that has the counts already. What was cancelled was not done."""
        if not counts["total"]:
            return 0.0
        running = 0.0
        if states := JobItem.partly_done(counts[JobItem.State.RUNNING], counts[JobItem.State.QUEUED]):
            # By state, so that only the few rows of what runs are read.
            row = self.items.filter(state__in=states).aggregate(n=models.Sum("progress"))
            running = row["n"] or 0.0
        return (sum(counts[state] for state in JobItem.WORKED_ON) + running) / counts["total"]


class JobItem(models.Model):
    """One unit of work: a product, or for a stitch an ordered list of photos.

    Claimed by a conditional UPDATE that sets ``token`` and ``lease_until``; every later write is made under the
    condition that the token is still the writer's.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    OVER = (State.DONE, State.FAILED, State.CANCELLED)
    #: Over because it was worked on.
    WORKED_ON = (State.DONE, State.FAILED)
    #: So many rows are read to know how far they are.
    FEW = 50
    #: Really worked on at this moment: a worker takes a batch of items, and most wait for their turn in it.
    BEGUN = Q(state=State.RUNNING) & ~Q(stage="", progress=0.0)

    job = models.ForeignKey(Job, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField(default=0)
    product = models.ForeignKey(
        product_model(), models.SET_NULL, null=True, blank=True, related_name="prodgen_items"
    )
    title = models.CharField(max_length=255, blank=True)
    #: Ordered references to the shop's photos (``Photo.ref``).
    photos = models.JSONField(default=list, blank=True)
    #: What differs from the job's own options for this item alone.
    options = models.JSONField(default=dict, blank=True)
    seed = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    progress = models.FloatField(default=0.0)
    stage = models.CharField(max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.UUIDField(null=True, blank=True, editable=False)
    claimed_by = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    #: What the recipe tells beside its pictures (a stitch report, a data report).
    report = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("job item")
        verbose_name_plural = _("job items")
        ordering = ["job", "position", "pk"]
        indexes = [
            # What is claimed next, and how many there are in a state, without a look at the job's other rows.
            models.Index(fields=["job", "state", "position", "id"], name="prodgen_item_next"),
            models.Index(fields=["job", "position", "id"], name="prodgen_item_page"),
            models.Index(
                fields=["state", "lease_until"],
                name="prodgen_item_open",
                condition=Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"item {self.pk}"

    @classmethod
    def partly_done(cls, running: int, queued: int) -> list[str]:
        """The states in which items of a job may be partly done, by how many it has: what is worked on in slices
        (a training) waits between two of them. Of many that wait none is looked at.
        """
        waits = 0 < queued <= cls.FEW
        return [*([cls.State.RUNNING] if running else []), *([cls.State.QUEUED] if waits else [])]

    @property
    def is_begun(self) -> bool:
        """As `BEGUN`."""
        return self.state == self.State.RUNNING and bool(self.stage or self.progress)


class Checkpoint(models.Model):
    """A trained model."""

    task = models.CharField(max_length=32)
    name = models.CharField(max_length=120)
    file = models.FileField(storage=get_storage, max_length=255)
    sha256 = models.CharField(max_length=64, unique=True)
    config = models.JSONField(default=dict, blank=True)
    #: The whole card: data, command, seed, seconds, licence.
    card = models.JSONField(default=dict, blank=True)
    metrics = models.JSONField(default=dict, blank=True)
    licence = models.CharField(max_length=120, blank=True)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="checkpoints")
    #: False, with the reason in the card, for one that copies its training photos or has collapsed.
    offerable = models.BooleanField(default=True)
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ["task", "-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=Q(is_active=True), name="prodgen_one_active_checkpoint"
            )
        ]

    def __str__(self) -> str:
        return f"{self.task}: {self.name}"


class GeneratedImage(models.Model):
    """A candidate picture and its review."""

    class State(models.TextChoices):
        PENDING = "pending", _("To review")
        APPROVED = "approved", _("Approved")
        PUBLISHED = "published", _("Published")
        REJECTED = "rejected", _("Rejected")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="images")
    item = models.ForeignKey(JobItem, models.SET_NULL, null=True, related_name="images")
    #: Which of its item's pictures this is. With ``item`` unique: work done twice leaves one picture.
    slot = models.PositiveSmallIntegerField(default=0)
    product = models.ForeignKey(
        product_model(), models.SET_NULL, null=True, blank=True, related_name="prodgen_images"
    )
    title = models.CharField(max_length=255, blank=True)
    kind = models.CharField(max_length=32)
    #: The recipe's name and version with every option that made the picture: enough to make it again.
    recipe = models.JSONField(default=dict)
    seed = models.PositiveBigIntegerField(default=0)
    checkpoint = models.ForeignKey(Checkpoint, models.SET_NULL, null=True, blank=True, related_name="images")
    #: References to the shop's photos that it was made from.
    sources = models.JSONField(default=list, blank=True)
    file = models.FileField(storage=get_storage, max_length=255)
    #: Ready-made smaller versions: [{"name", "format", "width", "height", "bytes"}], written at approval.
    renditions = models.JSONField(default=list, blank=True)
    #: A small JPEG for the admin's own pages (a name in the storage), written with the picture.
    thumbnail = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    scores = models.JSONField(default=dict, blank=True)
    #: Dominant colours as "#rrggbb", most of the picture first.
    palette = models.JSONField(default=list, blank=True)
    #: Style tags that personalisation matches with a taste ("warm", "marble", "dark").
    tags = models.JSONField(default=list, blank=True)
    #: IPTC DigitalSourceType and what else says how the picture came to be.
    provenance = models.JSONField(default=dict, blank=True)
    #: Reasons, in words, why it cannot be published ({"code", "message"}); empty where nothing stands against it.
    blockers = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    #: What the catalog's ``publish`` returned.
    published_ref = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["item", "slot"], name="prodgen_one_picture_a_slot")]
        indexes = [
            models.Index(fields=["product", "state"], name="prodgen_image_product"),
            models.Index(fields=["state", "-created_at"], name="prodgen_image_state"),
            models.Index(fields=["job", "-id"], name="prodgen_image_newest"),
            models.Index(fields=["created_at", "id"], name="prodgen_image_created"),
        ]
        permissions = [
            ("review", _("Can approve and reject pictures")),
            ("publish", _("Can publish pictures")),
            ("publish_concept", _("Can publish concept pictures, which show no real product")),
        ]

    def __str__(self) -> str:
        return self.title or str(self.uuid)

    def rendition(self, width: int, format: str | None = None) -> dict[str, Any] | None:  # noqa: A002
        """The smallest ready-made version at least ``width`` pixels wide, else the largest there is."""
        choices = [r for r in self.renditions if format in (None, r["format"])]
        wide = [r for r in choices if r["width"] >= width]
        if wide:
            return min(wide, key=lambda r: r["width"])
        return max(choices, key=lambda r: r["width"], default=None)


class CutOutCorrection(models.Model):
    """What a person has said of one of the shop's photos: an outline, or a box about what is meant; the newest
    counts."""

    #: ``Photo.ref`` of the photo.
    photo = models.CharField(max_length=255, db_index=True)
    #: A PNG in the storage, white where the product is, of the photo's proportions; empty where a box was drawn.
    mask = models.CharField(max_length=255, blank=True)
    #: Left, top, right and bottom of what is meant, as shares of the photo: what lies outside is no product.
    box = models.JSONField(null=True, blank=True)
    by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("mended cut-out")
        verbose_name_plural = _("mended cut-outs")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.photo


class Pose(models.Model):
    """What the shop says of how a product is shown, or all products of a category: its pose, its size, or both."""

    class Way(models.TextChoices):
        TABLE = "table", _("Stands on a table")
        FLOOR = "floor", _("Stands on the floor")
        LIES = "lies", _("Lies, seen from above")
        HANGS = "hangs", _("Hangs free, as clothes do")
        WALL = "wall", _("Hangs on a wall")
        LEANS = "leans", _("Leans against a wall")

    product = models.OneToOneField(
        product_model(), models.CASCADE, null=True, blank=True, related_name="prodgen_pose",
        verbose_name=_("product"),
    )  # fmt: skip
    #: ``Category.key`` of the catalog.
    category = models.CharField(_("category's key"), max_length=255, null=True, blank=True, unique=True)
    category_name = models.CharField(_("category"), max_length=255, blank=True)
    pose = models.CharField(_("how it is shown"), max_length=8, choices=Way, blank=True)
    centimetres = models.FloatField(
        _("longer side in centimetres"), null=True, blank=True,
        validators=[MinValueValidator(0.5), MaxValueValidator(2000)],
    )  # fmt: skip
    by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("pose")
        verbose_name_plural = _("poses")
        ordering = ["category_name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(product__isnull=True, category__isnull=False)
                | Q(product__isnull=False, category__isnull=True),
                name="prodgen_pose_of_one",
            )
        ]

    def __str__(self) -> str:
        return str(self.product) if self.product_id is not None else self.category_name or str(self.category)


class Turn(models.Model):
    """When something that is done now and then for the whole shop was last begun (`jobs.lease.take_turn`)."""

    name = models.CharField(max_length=32, unique=True)
    taken_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ReviewEvent(models.Model):
    """A change of a picture's review state: who, when, from what to what. Never edited; an undo is an event too."""

    image = models.ForeignKey(GeneratedImage, models.CASCADE, related_name="events")
    action = models.CharField(max_length=16)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)
    note = models.CharField(max_length=255, blank=True)
    #: The event that this one takes back.
    undoes = models.OneToOneField("self", models.CASCADE, null=True, blank=True, related_name="undone_by")

    class Meta:
        verbose_name = _("review event")
        verbose_name_plural = _("review events")
        ordering = ["image", "pk"]

    def __str__(self) -> str:
        return f"{self.action}: {self.from_state} → {self.to_state}"
