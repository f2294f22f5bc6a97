"""Train the generator on the shop's own photos, in slices that a broker's patience outlasts."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import settings
from prodgen_django.recipes.base import ItemFailed, ItemPlan, Outcome, Recipe
from prodgen_django.recipes.devices import device
from prodgen_django.recipes.forms import RecipeForm, seed_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from prodgen_django.catalog import Photo
    from prodgen_django.gan import GanConfig, PhotoDataset, TrainProgress, TrainResult
    from prodgen_django.recipes.base import Workbench, WorkItem

#: Fewer photos than this teach a generator nothing that could be shown.
LEAST_PHOTOS = 24
#: Most photos that the report shows with a picture of each.
MOST_SHOWN = 48
#: Most points of the curves that are kept in the job's log.
MOST_POINTS = 300


class TrainForm(RecipeForm):
    advanced = ("licence", "seed")

    name = forms.CharField(label=_("Name of the model"), initial="Shop", max_length=120)
    preset = forms.ChoiceField(
        label=_("How large"),
        choices=[
            ("cpu-64", _("64 pixels, for a worker without a graphics card")),
            ("gpu-128", _("128 pixels, for a graphics card")),
            ("gpu-256", _("256 pixels, for a graphics card")),
            ("gpu-512", _("512 pixels, for a large graphics card and thousands of photos")),
        ],
        initial="cpu-64",
        widget=forms.RadioSelect,
    )
    minutes = forms.FloatField(
        label=_("Minutes to train"),
        help_text=_(
            "Longer is better up to some hours. It can be cancelled, and goes on where a worker stopped."
        ),
        initial=60,
        min_value=0.1,
        max_value=14 * 24 * 60,
    )
    check_only = forms.BooleanField(
        label=_("Only check the photos"),
        help_text=_("Says which photos can be learnt from and why others cannot; nothing is trained."),
        required=False,
    )
    licence = forms.CharField(
        label=_("Licence of the photos"),
        help_text=_("Written on the model's card."),
        initial="The shop's own photos",
        max_length=120,
        required=False,
    )
    seed = seed_field()


class TrainRecipe(Recipe):
    """One item; its photos are all photos of the chosen products, or of the whole shop."""

    kind = "train"
    label = _("Train a model")
    description = _("Learns from the shop's own photos what its products look like, for concept pictures.")
    queue = "prodgen-gpu"
    batch_size = 1
    options_form = TrainForm
    needs_products = False
    finishes_early = True

    def plan(
        self, products: Sequence[Any], photos: Mapping[Any, Sequence[Photo]], options: Mapping[str, Any]
    ) -> Iterable[ItemPlan]:
        from prodgen_django.catalog import get_catalog

        catalog = get_catalog()
        chosen = list(products) or list(catalog.products())
        found = photos if products else catalog.photos_for(chosen)
        refs, labels, titles = [], [], []
        for product in chosen:
            for photo in found.get(product.pk, ()):
                refs.append(photo.ref)
                labels.append(catalog.category(product))
                titles.append(catalog.title(product))
        title = _now("%(count)d photos") % {"count": len(refs)}
        return [
            ItemPlan(
                product=None, title=title, photos=tuple(refs), options={"labels": labels, "titles": titles}
            )
        ]

    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        for item in items:
            try:
                yield self._slice(item, bench)
            except ItemFailed as error:
                yield Outcome(item, error=error)

    def _slice(self, item: WorkItem, bench: Workbench) -> Outcome:
        from prodgen_django.gan import CheckpointError, GanConfig, train

        config = GanConfig.preset(item.options["preset"], seed=item.seed)
        if len(item.photos) < LEAST_PHOTOS:
            raise ItemFailed(
                "too_few_photos",
                _now("%(count)d photos are too few to learn from; %(least)d are the least.")
                % {"count": len(item.photos), "least": LEAST_PHOTOS},
            )
        watcher = _Watcher(item, bench)
        try:
            dataset = self._dataset(item, config, bench)
            if item.options.get("check_only"):
                return self._checked(item, dataset)
            result = train(
                config,
                dataset,
                f"{bench.work_dir()}/run",
                budget_seconds=60 * item.options["minutes"],
                on_progress=watcher,
                device=device(),
                card={
                    "licence": item.options.get("licence", ""),
                    "data_name": item.title,
                    "name": item.options["name"],
                },
            )
        except CheckpointError as error:
            raise ItemFailed(f"training_{error.code}", str(error)) from error
        except ValueError as error:
            raise ItemFailed("training", str(error)) from error
        if not result.finished and not watcher.finish:
            return Outcome(item, again=True, report={"sentences": [], "images": result.images})
        return self._register(item, dataset, result, bench)

    def _checked(self, item: WorkItem, dataset: PhotoDataset) -> Outcome:
        report = dataset.report
        sentence = _now("%(kept)d of %(offered)d photos can be learnt from. Nothing was trained.")
        return Outcome(
            item, report={"sentences": [sentence % {"kept": report.kept, "offered": report.offered}]}
        )

    def _dataset(self, item: WorkItem, config: GanConfig, bench: Workbench) -> PhotoDataset:
        from prodgen_django.gan import PhotoDataset

        labels = item.options.get("labels") or [""] * len(item.photos)
        fingerprint = hashlib.sha256(
            "\n".join(map(str, zip(item.photos, labels, strict=True))).encode()
        ).hexdigest()
        fresh: list[str] = []

        def photos() -> Iterator[tuple[Any, str, str]]:
            for number, (ref, label) in enumerate(zip(item.photos, labels, strict=True)):
                bench.progress(item, 0.0, _now("Preparing photo %(number)d") % {"number": number + 1})
                fresh.append(ref)
                try:
                    yield bench.load_photo(ref), label, ref
                except ItemFailed as error:
                    yield error, label, ref

        dataset = PhotoDataset.from_photos(
            photos(), config.resolution, f"{bench.work_dir()}/photos", fingerprint, len(item.photos)
        )
        if (
            fresh
        ):  # prepared just now: the first slice tells what became of the photos, before anything trains
            bench.log(data=photo_report(item, dataset, bench))
        return dataset

    def _register(
        self, item: WorkItem, dataset: PhotoDataset, result: TrainResult, bench: Workbench
    ) -> Outcome:
        from prodgen_django.pictures.checkpoints import register

        if not result.checkpoint.is_file():
            raise ItemFailed("no_model", _now("The training ended before there was anything to judge."))
        checkpoint = register(
            item.options["name"], result.checkpoint.read_bytes(), result.card, job_id=bench.job_id
        )
        sentences = [
            _now("The model “%(name)s” was trained on %(count)d photos for %(minutes).0f minutes.")
            % {"name": checkpoint.name, "count": len(dataset), "minutes": result.seconds / 60}
        ]
        if result.stopped_reason == "diverged":
            sentences.append(_now("The training broke down; the best model before that is kept."))
        elif result.stopped_reason == "collapsed":
            sentences.append(
                _now(
                    "The training was ended because its pictures became alike; the best before that is kept."
                )
            )
        elif result.stopped_reason == "stopped":
            sentences.append(_now("It was ended early; the best model so far is kept."))
        if not checkpoint.offerable:
            reason = result.card.get("not_offerable_because") or ""
            sentences.append(_now("It is not offered for pictures: %(reason)s") % {"reason": reason})
        report = {
            "sentences": sentences,
            "metrics": _figures(result.best_metrics),
            "checkpoint": checkpoint.pk,
            "images": result.images,
        }
        return Outcome(item, report=report)


class _Watcher:
    """Tells the job's page how it goes, and stops the slice when its time is over."""

    def __init__(self, item: WorkItem, bench: Workbench) -> None:
        from prodgen_django.models import Job

        log = Job.objects.values_list("log", flat=True).get(pk=bench.job_id)
        self.item, self.bench = item, bench
        self.curve: list[dict[str, Any]] = list(log.get("curve", []))
        self.grids: list[dict[str, Any]] = list(log.get("grids", []))
        self.until = time.monotonic() + settings.TRAIN_SLICE_SECONDS
        #: Somebody asked to end the training and keep the best.
        self.finish = False

    def __call__(self, progress: TrainProgress) -> bool:
        from prodgen_django.imagefile import encode_image

        stage = _now("%(images)d photos shown") % {"images": progress.images}
        self.bench.progress(self.item, progress.fraction, stage)
        self.curve = [point for point in self.curve if point["images"] < progress.images]
        self.curve.append(
            {
                "step": progress.step,
                "images": progress.images,
                "seconds": round(progress.seconds, 1),
                "losses": {name: round(float(value), 5) for name, value in progress.losses.items()},
                "metrics": progress.metrics,
            }
        )
        if len(self.curve) > MOST_POINTS:
            # Every second point of the older half goes: the curve keeps its shape and its newest end.
            half = len(self.curve) // 2
            self.curve = self.curve[:half:2] + self.curve[half:]
        if progress.sample_grid is not None:
            data = encode_image(progress.sample_grid, format="jpeg", source_type="trainedAlgorithmicMedia")
            name = self.bench.save_file("training", data, "jpg")
            self.grids = [*self.grids[-11:], {"images": progress.images, "name": name}]
        self.bench.log(
            curve=self.curve, grids=self.grids, alarm=progress.alarm or "", best=_figures(progress.best)
        )
        self.finish = self.bench.finish_asked()
        return time.monotonic() < self.until and not self.finish


def _figures(metrics: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metrics.items() if isinstance(value, int | float)}


def photo_report(item: WorkItem, dataset: PhotoDataset, bench: Workbench) -> dict[str, Any]:
    """What became of the photos, with a small picture of each that is left out (and of what it repeats)."""
    titles = dict(zip(item.photos, item.options.get("titles") or (), strict=False))
    report = dataset.report.to_dict()
    shown = []
    for rejected in report.pop("rejected")[:MOST_SHOWN]:
        bench.progress(item, 0.0, _now("Looking at photos that cannot be used"))
        other = rejected["duplicate_of"]
        shown.append(
            {
                "title": titles.get(rejected["key"]) or rejected["key"],
                "label": rejected["label"],
                "reason": rejected["reason"],
                "detail": (
                    _now("the same picture as one of “%(title)s”") % {"title": titles.get(other) or other}
                    if other
                    else rejected["detail"]
                ),
                "thumbnail": _thumbnail(rejected["key"], bench),
                "other": _thumbnail(other, bench) if other else "",
            }
        )
    return {**report, "rejected": shown, "more": max(0, report["offered"] - report["kept"] - len(shown))}


def _thumbnail(ref: str, bench: Workbench) -> str:
    """The name of a small JPEG in the storage; "" for a photo that cannot be read."""
    from prodgen_django.gan.preparation import fit_square, flatten
    from prodgen_django.imagefile import encode_image

    try:
        pixels = fit_square(flatten(bench.load_photo(ref)), 112)
    except ItemFailed:
        return ""
    return bench.save_file(
        "training", encode_image(pixels, format="jpeg", source_type="digitalCapture"), "jpg"
    )
