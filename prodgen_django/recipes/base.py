"""What a recipe is: the glue between a job's items and the engines.

A recipe is imported by the web process (for its label and its option form), so no recipe module imports
torch, OpenCV or an engine at its top; ``run`` does, in the worker.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from django import forms
from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np

    from prodgen_django.catalog import Photo


class ItemFailed(Exception):
    """This item cannot be done, and trying again would not help. The message is for the shop admin."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class ItemPlan:
    """An item as it will be written when the job is created."""

    product: Any | None
    title: str
    photos: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """A picture as a recipe hands it over: encoded bytes, and what is known of it."""

    data: bytes
    format: str
    width: int
    height: int
    #: IPTC DigitalSourceType that stands in the bytes.
    source_type: str
    title: str = ""
    seed: int = 0
    #: Everything needed to make it again: recipe name, version and its options.
    recipe: Mapping[str, Any] = field(default_factory=dict)
    #: References of the photos that it was made from.
    sources: tuple[str, ...] = ()
    #: The product it shows; None: the item's own.
    product_id: Any | None = None
    checkpoint_id: int | None = None
    scores: Mapping[str, Any] = field(default_factory=dict)
    palette: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    #: Why it may not be published: [{"code", "message"}].
    blockers: tuple[Mapping[str, str], ...] = ()


@dataclass
class WorkItem:
    """A claimed item as a recipe sees it. ``options`` are the job's with the item's own laid over them."""

    pk: int
    product: Any | None
    title: str
    category: str
    photos: tuple[str, ...]
    options: Mapping[str, Any]
    seed: int
    attempt: int


@dataclass(frozen=True)
class Outcome:
    """What came of one item: its pictures, or an error, or (``again``) a slice of a long work that goes on
    later.
    """

    item: WorkItem
    pictures: tuple[Picture, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    error: ItemFailed | None = None
    again: bool = False


class Workbench(Protocol):
    """What the job machine offers a recipe while it works on a batch of claimed items."""

    job_id: int

    def load_photo(self, ref: str) -> np.ndarray:
        """The photo's pixels, uint8 H×W×3 or ×4, sRGB, upright. Raises ItemFailed in words for a person."""

    def progress(self, item: WorkItem, fraction: float, stage: str = "") -> None:
        """Tell how far an item is, in [0, 1]. Raises when the job was cancelled or the lease was lost."""

    def log(self, **entries: Any) -> None:
        """Merge entries into the job's log (curves, grids), which its page shows while it runs."""

    def finish_asked(self) -> bool:
        """Whether somebody asked the job to end early and keep what it has (recipes with ``finishes_early``)."""

    def save_file(self, folder: str, data: bytes, extension: str) -> str:
        """Write bytes under a content name in the storage; returns the name."""

    def work_dir(self) -> str:
        """A folder on this machine that outlives the process and is the same for every attempt at this job."""


class Recipe(abc.ABC):
    """One kind of job."""

    kind: ClassVar[str]
    #: The kind of its pictures, where that is another: who asked for it does not change what a picture is.
    picture_kind: ClassVar[str | None] = None
    #: Raised when the same options would make another picture.
    version: ClassVar[int] = 1
    #: What the admin's action says: "Generate display pictures".
    label: ClassVar[Any]
    description: ClassVar[Any] = ""
    queue: ClassVar[str] = "prodgen"
    #: Most items claimed under one lease; None: PRODGEN["BATCH_SIZE"].
    batch_size: ClassVar[int | None] = None
    #: The options as a Django form: the admin's page renders it, everybody's options are validated by it.
    options_form: ClassVar[type[forms.Form]]
    #: True where `preview` can show one item's picture within a few seconds.
    has_preview: ClassVar[bool] = False
    #: True where it matters how each product is shown and how large it is: the options page lets a person say so.
    shows_poses: ClassVar[bool] = False
    #: True where a person may end it early and keep what it has (``Workbench.finish_asked``).
    finishes_early: ClassVar[bool] = False
    #: True where the job works on products; False for a job without any (train from a folder).
    needs_products: ClassVar[bool] = True
    #: Most products that one job takes; None: PRODGEN["MAX_PRODUCTS"].
    most_products: ClassVar[int | None] = None

    def clean_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Validated options as JSON values, defaults filled in. Raises ValidationError with the form's
        messages.
        """
        form = self.options_form()
        initial = {
            name: form.get_initial_for_field(bound, name)
            for name, bound in form.fields.items()
            if form.get_initial_for_field(bound, name) is not None
        }
        unknown = set(options) - set(form.fields)
        if unknown:
            raise ValidationError(f"Unknown options: {', '.join(sorted(unknown))}", code="unknown_option")
        form = self.options_form(data={**initial, **options})
        if not form.is_valid():
            raise ValidationError(
                [f"{field}: {message}" for field, errors in form.errors.items() for message in errors]
            )
        return dict(form.cleaned_data)

    def plan(
        self,
        products: Sequence[Any],
        photos: Mapping[Any, Sequence[Photo]],
        options: Mapping[str, Any],
    ) -> Iterable[ItemPlan]:
        """How the chosen products become items: by default one each, with all of its photos."""
        from prodgen_django.catalog import get_catalog

        catalog = get_catalog()
        for product in products:
            refs = tuple(photo.ref for photo in photos.get(product.pk, ()))
            yield ItemPlan(product=product, title=catalog.title(product), photos=refs)

    @abc.abstractmethod
    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        """Work on claimed items of like options and yield each one's outcome as soon as it is there.

        An `ItemFailed` that escapes counts for the item being worked on only when the recipe yields it as an
        outcome; any other exception costs every item not yet yielded an attempt.
        """

    def preview(self, item: WorkItem, bench: Workbench) -> Picture:
        """A small picture of one item, quickly. Only where ``has_preview``."""
        raise NotImplementedError
