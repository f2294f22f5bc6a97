"""Campaign pictures: one to twelve products with words and a price, in every size that is asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.campaigns.links import safe_link
from prodgen_django.keys import key_of
from prodgen_django.recipes.backdrops import AUTO, current
from prodgen_django.recipes.base import ItemFailed, ItemPlan, Outcome, Picture, Recipe
from prodgen_django.recipes.campaign_brief import brand_of, brief_of, offered, promotion_of
from prodgen_django.recipes.campaign_form import CampaignForm
from prodgen_django.recipes.outlines import kept_outline
from prodgen_django.recipes.photos import photo_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np

    from prodgen_django.catalog import Photo
    from prodgen_django.recipes.base import Workbench, WorkItem
    from prodgen_django.studio import CutOut
    from prodgen_django.studio.banners import Banner, Campaign, Look, Shown
    from prodgen_django.studio.goods import Pose

MOST_PRODUCTS = 12
#: Photos of a product that are cut out to find the best.
MOST_COMPARED = 3
#: Pixels of a photo's longer side beyond which nothing is gained in any size of a campaign.
PHOTO_SIDE = 1600
PREVIEW_PRODUCTS, PREVIEW_SIDE = 4, 700


class CampaignRecipe(Recipe):
    """Cut out, look for the best layout of each size, paint, measure."""

    kind = "campaign"
    label = _("Campaign pictures")
    description = _("Banners and posters of up to twelve products, in every size of the channels you choose.")
    options_form = CampaignForm
    has_preview = True
    shows_poses = True
    most_products = MOST_PRODUCTS
    batch_size = 1

    def plan(
        self,
        products: Sequence[Any],
        photos: Mapping[Any, Sequence[Photo]],
        options: Mapping[str, Any],
    ) -> Iterable[ItemPlan]:
        """One item for each design in each language: they are independent, so workers share them."""
        from prodgen_django.catalog import get_catalog

        if len(products) > MOST_PRODUCTS:
            raise ValidationError(
                _("A campaign picture shows at most %(most)d products; you chose %(count)d."),
                code="too_many_products",
                params={"most": MOST_PRODUCTS, "count": len(products)},
            )
        catalog = get_catalog()
        shown: list[dict[str, Any]] = []
        refs: list[str] = []
        for product in products:
            own = tuple(photo.ref for photo in photos.get(product.pk, ()))
            shown.append({"product": product.pk, "title": catalog.title(product), "photos": len(own)})
            refs += own
        position = 0
        for variation in range(options["variations"]):
            for language in options["languages"]:
                title = _now("Design %(number)d") % {"number": variation + 1}
                if len(options["languages"]) > 1:
                    title = f"{title} ({language})"
                yield ItemPlan(
                    product=None,
                    title=title,
                    photos=tuple(refs),
                    options={
                        "shown": shown, "variation": variation, "language": language, "position": position,
                    },
                )  # fmt: skip
                position += 1

    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        for item in items:
            try:
                yield self._one(item, bench)
            except ItemFailed as error:
                yield Outcome(item, error=error)

    def preview(self, item: WorkItem, bench: Workbench) -> Picture:
        from prodgen_django.models import JobItem

        # A draft's items are its products; the preview shows them together, in the first size.
        rows = JobItem.objects.filter(job__items__pk=item.pk, product__isnull=False).order_by("position")
        rows = rows.distinct()[:PREVIEW_PRODUCTS]
        options = dict(item.options)
        options["photo"] = "first"
        options["shown"] = [
            {"product": row.product_id, "title": row.title, "photos": len(row.photos)} for row in rows
        ]
        refs = tuple(ref for row in rows for ref in row.photos)
        options |= {"variation": 0, "language": options["languages"][0], "position": 0}
        whole = type(item)(
            item.pk, None, item.title, "", refs, options, item.seed - 1000 * _position(item.pk), item.attempt
        )
        campaign, looks, expected, notes = self._campaign(whole, bench, PREVIEW_SIDE)
        return self._picture(whole, campaign, looks[0], options["formats"][0], expected, bench, notes)

    # -- one design ---------------------------------------------------------------------------------------

    def _one(self, item: WorkItem, bench: Workbench) -> Outcome:
        from prodgen_django.studio.banners import BannerError

        options = item.options
        campaign, looks, expected, notes = self._campaign(item, bench)
        self._place(item, bench)
        look = looks[options["variation"]]
        pictures = []
        for number, name in enumerate(options["formats"]):
            bench.progress(item, 0.4 + 0.6 * number / len(options["formats"]), _now("Laying out"))
            try:
                pictures.append(self._picture(item, campaign, look, name, expected, bench, notes))
            except BannerError as error:
                if error.code != "no_layout":
                    raise ItemFailed(error.code, error.message) from error
                notes.append(error.message)
        if not pictures:
            raise ItemFailed("no_layout", notes[-1])
        return Outcome(item, pictures=tuple(pictures), report={"sentences": list(dict.fromkeys(notes))})

    def _campaign(
        self, item: WorkItem, bench: Workbench, side: int = PHOTO_SIDE
    ) -> tuple[Campaign, list[Look], tuple[str, str], list[str]]:
        from prodgen_django.studio.banners import BannerError, looks
        from prodgen_django.studio.banners import Campaign as Banners

        options = item.options
        shown, notes = self._shown(item, bench, side)
        promotion = promotion_of(options)
        offer = offered(self._products(item), promotion)
        brief, expected = brief_of(options, options["language"], offer, promotion)
        brand = brand_of(options)
        base = item.seed - 1000 * options["position"]
        named = current(options.get("backdrop") or AUTO)
        backdrop = "" if named == AUTO else named
        try:
            found = looks(
                shown,
                brief,
                brand,
                count=options["variations"],
                seed=base,
                backdrop="" if backdrop == AUTO else backdrop,
            )
        except BannerError as error:
            raise ItemFailed(error.code, error.message) from error
        return Banners(shown, brief, brand, _studio()), found, expected, notes

    def _products(self, item: WorkItem) -> list[Any]:
        """Those of the products that are still there, in order."""
        from prodgen_django.catalog import get_catalog

        keys = [one["product"] for one in item.options["shown"]]
        by_key = {product.pk: product for product in get_catalog().products().filter(pk__in=keys)}
        return [by_key[key] for key in keys if key in by_key]

    def _shown(self, item: WorkItem, bench: Workbench, side: int) -> tuple[list[Shown], list[str]]:
        """The products, cut out; one that has no usable photo is left out with a sentence."""
        from prodgen_django.recipes.poses import known_poses
        from prodgen_django.recipes.shots import suits
        from prodgen_django.studio.banners import Shown
        from prodgen_django.studio.seen import seen_pose

        start, found, notes = 0, [], []
        poses = known_poses(self._products(item))
        total = len(item.options["shown"])
        for number, one in enumerate(item.options["shown"]):
            bench.progress(item, 0.4 * number / max(1, total), _now("Cutting out"))
            refs = item.photos[start : start + one["photos"]]
            start += one["photos"]
            best: tuple[str, np.ndarray, CutOut] | None = None
            wanted = 1 if item.options.get("photo") == "first" else MOST_COMPARED
            why = _now("it has no photo")
            for ref in refs:
                try:
                    candidate = (ref, *_cut(ref, bench, side))
                except ItemFailed as error:
                    # One bad photo is no reason to give a product up while it has others.
                    why = error.message
                    continue
                best = candidate if best is None else max(best, candidate, key=suits)
                wanted -= 1
                if wanted <= 0:
                    break
            if best is None:
                notes.append(_now("%(title)s is left out: %(why)s") % {"title": one["title"], "why": why})
                continue
            ref, photo, cut = best
            if cut.poor:
                notes += [f"{one['title']}: {reason}" for reason in cut.reasons]
            solid = _covered(cut.alpha)
            about = {"ref": ref, "product": one["product"], "cover": solid, "cut_out": cut.as_dict()}
            known = poses.get(one["product"])
            pose: Pose = (known and known.pose) or seen_pose(cut.alpha)
            found.append(Shown.of(photo, cut.alpha, one["title"], pose=pose, **about))
        if not found:
            raise ItemFailed("no_products", " ".join(notes) or _now("There is no product to show."))
        return found, notes

    def _picture(
        self,
        item: WorkItem,
        campaign: Campaign,
        look: Look,
        name: str,
        expected: tuple[str, str],
        bench: Workbench,
        notes: Sequence[str],
    ) -> Picture:
        from prodgen_django.studio.banners import FORMATS, layered_svg

        banner = campaign.banner(FORMATS[name], look, expected=expected)
        layers = ""
        if item.options.get("layers"):
            svg = layered_svg(banner, campaign.products, campaign.brand)
            layers = bench.save_file("layers", svg, "svg")
        return _as_picture(item, banner, campaign, layers, notes, self.version)

    def _place(self, item: WorkItem, bench: Workbench) -> None:
        """Write down where the job's pictures are to be shown, once for all of its items."""
        from prodgen_django.catalog import get_catalog
        from prodgen_django.models import Campaign as Placement

        options = item.options
        source = options.get("source") or ""
        kind, _colon, key = source.partition(":")
        # Once more: a draft may be older than the form's own check.
        link = safe_link(options.get("link"))
        if not link:
            promotion = promotion_of(options)
            link = promotion.url if promotion is not None else ""
        if not link and len(options["shown"]) == 1:
            catalog = get_catalog()
            product = catalog.products().filter(pk=options["shown"][0]["product"]).first()
            link = catalog.url(product) if product is not None else ""
        Placement.objects.get_or_create(
            job_id=bench.job_id,
            defaults={
                "slot": options.get("slot") or "",
                "link": link if len(link) <= 500 else "",
                "source": source,
                "source_kind": kind,
                "source_id": key_of(Placement, key),
            },
        )


@lru_cache(maxsize=1)
def _studio() -> Any:
    """The scenes that this worker has drawn: the other languages and sizes of a design stand before the same ones."""
    from prodgen_django.studio.banners.grounds import Studio

    return Studio()


def _as_picture(
    item: WorkItem, banner: Banner, campaign: Campaign, layers: str, notes: Sequence[str], version: int
) -> Picture:
    options, fmt = item.options, banner.format
    brief = campaign.brief
    shown = [campaign.products[one.index] for one in banner.painted.products]
    worst = min(banner.fidelity, key=lambda certificate: (certificate.passed, certificate.ssim))
    certificates = [
        {"product": one.extra["product"], **certificate.as_dict()}
        for one, certificate in zip(shown, banner.fidelity, strict=True)
    ]
    headline = brief.headline.replace("\n", " ")
    alt = ", ".join(text for text in (headline, brief.price, brief.until.replace("\n", " ")) if text)
    titles = ", ".join(dict.fromkeys(one.title for one in shown))
    left_out = [_now("Left out for want of room: %s") % role for role in banner.layout.block.dropped]
    return Picture(
        data=banner.data,
        format=fmt.encoding,
        width=fmt.size[0],
        height=fmt.size[1],
        source_type=banner.source_type,
        title=f"{headline} · {fmt.label}",
        seed=banner.look.seed,
        recipe={
            "kind": "campaign",
            "version": version,
            "format": fmt.name,
            "language": options["language"],
            "variation": options["variation"],
            "look": banner.look.name,
            "family": banner.layout.plan.family,
            "words": brief.texts(),
            "shown": [one.extra["product"] for one in shown],
            "options": {k: v for k, v in options.items() if k not in ("shown", "position")},
            "alt": f"{alt} ({titles})" if titles else alt,
            "layers": layers,
        },
        sources=tuple(one.extra["ref"] for one in shown),
        scores={
            "fidelity": {**worst.as_dict(), "composed_exact": banner.composed_exact},
            "cut_out": min((one.extra["cut_out"] for one in shown), key=lambda cut: cut["confidence"]),
            "fidelity_by_product": certificates,
            "campaign": banner.as_dict(),
            "notes": [*notes, *left_out],
        },
        palette=banner.palette,
        tags=banner.tags,
        provenance={"layers": layers} if layers else {},
        blockers=tuple({"code": f"campaign:{g.name}", "message": g.message} for g in banner.failures),
    )


def _cut(ref: str, bench: Workbench, side: int) -> tuple[np.ndarray, CutOut]:
    """A photo and its cut-out."""
    photo, own = photo_of(bench, ref, side)
    return photo, kept_outline(ref, photo, own, bench)


def _covered(alpha: np.ndarray) -> float:
    """The share of its own box that a product covers: a chair covers less of it than a chest."""
    solid = alpha >= 0.5
    rows, columns = solid.any(1), solid.any(0)
    return float(solid.sum() / max(1, rows.sum() * columns.sum()))


def _position(pk: int) -> int:
    from prodgen_django.models import JobItem

    return JobItem.objects.filter(pk=pk).values_list("position", flat=True).first() or 0
