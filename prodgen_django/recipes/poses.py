"""How a product is shown and how large it is: what the shop says, else what its name says, else what its photo says.

Pose and size are looked for apart, each first at the product, then at its categories from the nearest to the widest,
then in the catalogue (a size alone), then in the words of its title and categories.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.studio.goods import good_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from prodgen_django.catalog import Category
    from prodgen_django.recipes.base import WorkItem
    from prodgen_django.studio.goods import Pose

#: Who says how a product is shown, in words.
SOURCES = {
    "product": _("said for this product"),
    "category": _("said for its category"),
    "catalogue": _("from the catalogue"),
    "name": _("by its name"),
    "": _("by its photo"),
}


@dataclass(frozen=True)
class Known:
    """`pose` is empty and `centimetres` None where nothing is known. `pose_by`, `size_by`: a key of `SOURCES`.
    `category`: the nearest one."""

    pose: Pose | Literal[""] = ""
    centimetres: float | None = None
    pose_by: str = ""
    size_by: str = ""
    category: Category | None = None

    @property
    def label(self) -> str:
        """The pose in words."""
        from prodgen_django.models import Pose as Said

        return str(Said.Way(self.pose).label) if self.pose else _now("Seen from its photo")


def known_poses(products: Sequence[Any]) -> dict[Any, Known]:
    """What is known of each product, by its key, with as many queries for many products as for few."""
    from prodgen_django.catalog import get_catalog
    from prodgen_django.models import Pose as Said

    catalog = get_catalog()
    catalog.prepare(products)
    categories = catalog.categories_for(products)
    sizes = catalog.longest_cm_for(products)
    keys = {category.key for found in categories.values() for category in found}
    by_product = {said.product_id: said for said in Said.objects.filter(product__in=[p.pk for p in products])}
    by_category = {said.category: said for said in Said.objects.filter(category__in=keys)}
    found: dict[Any, Known] = {}
    for product in products:
        own = categories[product.pk]
        above = [by_category[category.key] for category in own if category.key in by_category]
        parent = getattr(product, "parent_id", None)
        said = [("product", by_product[key]) for key in (product.pk, parent) if key in by_product]
        said += [("category", one) for one in above]
        good = good_of([catalog.title(product), *(category.name for category in own)])
        poses = [(by, one.pose) for by, one in said] + ([("name", good.pose)] if good else [])
        lengths = [(by, one.centimetres) for by, one in said] + [("catalogue", sizes.get(product.pk))]
        lengths += [("name", good.size)] if good else []
        pose_by, pose = next(((by, pose) for by, pose in poses if pose), ("", ""))
        size_by, size = next(((by, size) for by, size in lengths if size), ("", None))
        found[product.pk] = Known(pose, size, pose_by, size_by, own[0] if own else None)  # type: ignore[arg-type]
    return found


def keep(
    by: Any,
    *,
    product: Any = None,
    category: Category | None = None,
    pose: str = "",
    centimetres: float | None = None,
) -> None:
    """Write down what the shop says of a product or of a whole category; neither pose nor size takes it back."""
    from prodgen_django.models import Pose as Said

    which: Mapping[str, Any] = {"product": product} if category is None else {"category": category.key}
    if not pose and centimetres is None:
        Said.objects.filter(**which).delete()
        return
    values = {"pose": pose, "centimetres": centimetres, "by": by}
    if category is not None:
        values["category_name"] = category.name
    Said.objects.update_or_create(**which, defaults=values)


def pose_of(item: WorkItem, alpha: np.ndarray) -> tuple[Pose, float | None]:
    """The pose and the longer side in centimetres of an item's product: as its options say, as the shop says, else as
    its outline (float32 H×W in [0, 1]) looks.
    """
    from prodgen_django.studio.seen import seen_pose

    known = Known()
    if item.product is not None:
        known = known_poses([item.product])[item.product.pk]
    elif good := good_of([item.title, item.category]):
        known = Known(good.pose, good.size, "name", "name")
    pose: Pose = item.options.get("pose") or known.pose or seen_pose(alpha)
    if pose == "table" and known.pose_by == "name" and not item.options.get("pose"):
        # A bag stands on a table, but not the one that was photographed lying there askew.
        pose = seen_pose(alpha)
    size = item.options.get("centimetres") or known.centimetres
    return pose, float(size) if size else None
