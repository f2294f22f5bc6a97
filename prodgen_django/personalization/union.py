"""The one query of a page, as a queryset: a UNION ALL of all that the page needs, in the columns of a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import (
    BigIntegerField,
    Count,
    DateTimeField,
    Exists,
    FloatField,
    Func,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Length

from prodgen_django.catalog import get_catalog
from prodgen_django.personalization.models import Exposure, ProductTraits
from prodgen_django.personalization.policies import ensemble_rows

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from prodgen_django.personalization.statement import Slots
    from prodgen_django.personalization.visitor import Visitor

#: What a row of the union is.
PICTURE, OWN, LIKED, TRAITS, CUSTOMER, SEEN, POLICY, MARK, LIKED_PICTURE = range(9)


def union_of(
    visitor: Visitor, values: Mapping[str, Sequence[Any]], slots: Slots, policy: bool
) -> QuerySet[Any]:
    """Every row that the page needs, unevaluated; the columns are those of a published picture."""

    def stand_ins(name: str) -> list[Any]:
        given = values[name]
        return slots.many(name, given[0], len(given)) if given else []

    parts: list[QuerySet[Any]] = []
    fresh, on_shelf = stand_ins("fresh"), stand_ins("shelf")
    if fresh:
        parts.append(_pictures(Q(product_id__in=fresh), PICTURE))
    if on_shelf:
        parts.append(_mark(on_shelf))
    own = get_catalog().own_pictures(fresh) if fresh else None
    if own is not None:
        product, name, caption, place = get_catalog().own_picture_columns
        parts.append(_columns(own, OWN, product=product, name=name, title=caption, width=place))
    if visitor.consents:
        liked = stand_ins("liked")
        if liked:
            traits = ProductTraits.objects.filter(product_id__in=liked)
            parts.append(_columns(traits, TRAITS, product="product_id", text="traits"))
            parts.append(_liked_pictures(Q(product_id__in=liked)))
        for number, query in enumerate(visitor.queries):
            args = [stand_ins(f"query {number}.{place}")[0] for place in range(len(query.args))]
            ids = query.build(*args)
            traits_of = ProductTraits.objects.filter(product_id=OuterRef("product_id"))
            says = Subquery(traits_of.values("traits"))
            parts.append(_columns(ids, LIKED, product="product_id", kind=Value(query.kind), text=says))
            parts.append(_liked_pictures(Q(product_id__in=ids.order_by().values("product_id"))))
        parts += _of_visitor(visitor, values, stand_ins)
        if policy:
            parts.append(_columns(ensemble_rows(), POLICY, text="ensemble"))
    return parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]


def _liked_pictures(which: Q) -> QuerySet[Any]:
    """Of liked products that nothing is written down of yet, the pictures tell.

    A part for each way of liking, because a database reads a whole table for an OR.
    """
    written_down = Exists(ProductTraits.objects.filter(product_id=OuterRef("product_id")))
    return _pictures(which & Q(~written_down), LIKED_PICTURE)


def _pictures(asked: Q, part: int) -> QuerySet[Any]:
    from prodgen_django.models import GeneratedImage

    return _columns(
        GeneratedImage.objects.filter(asked, state=GeneratedImage.State.PUBLISHED),
        part,
        pk="pk",
        product="product_id",
        text="renditions",
        tags=Cast("tags", TextField()),
        palette=Cast("palette", TextField()),
        name="file",
        title="title",
        kind="kind",
        width="width",
        height="height",
        uuid=Cast("uuid", TextField()),
        surplus="record__surplus",
        information="record__information",
        at="published_at",
    )


def _mark(products: Sequence[Any]) -> QuerySet[Any]:
    """One row that sums up the published pictures of products (`shelf.Mark`)."""
    from prodgen_django.models import GeneratedImage

    published = GeneratedImage.objects.filter(product_id__in=products, state=GeneratedImage.State.PUBLISHED)
    size = sum(
        (Length(Cast(name, TextField())) for name in ("tags", "palette")),
        Length(Cast("renditions", TextField())),
    )
    text = Cast("uuid", TextField())
    # PostgreSQL's sum of bigint is numeric, and would make every picture's key in the union one.
    summed = published.order_by().values("state").annotate(
        prodgen_ids=Cast(Sum("pk"), BigIntegerField()), prodgen_count=Count("pk"), prodgen_size=Sum(size),
        prodgen_low=Min(text), prodgen_high=Max(text),
    )  # fmt: skip
    return _columns(
        summed,
        MARK,
        pk="prodgen_ids",
        title="prodgen_low",
        width="prodgen_count",
        height="prodgen_size",
        uuid="prodgen_high",
    )


def _of_visitor(
    visitor: Visitor, values: Mapping[str, Sequence[Any]], stand_ins: Callable[[str], list[Any]]
) -> list[QuerySet[Any]]:
    """What was shown to the visitor, and a customer's profile and consent."""
    parts = []
    shown = {"pk": "image_id", "product": "product_id", "name": "token", "kind": "visitor", "at": "shown_at"}
    if values["visitor"]:
        seen = Exposure.objects.filter(
            visitor__in=stand_ins("visitor"), product_id__in=stand_ins("wanted"), image__isnull=False
        )
        parts.append(_columns(seen, SEEN, **shown))
    if visitor.user_id is not None:
        customer: Any = get_user_model()._base_manager.filter(pk=stand_ins("user")[0])
        given = Cast("prodgen_consent__given", IntegerField())
        parts.append(_columns(customer, CUSTOMER, text="prodgen_taste__weights", width=given))
    return parts


class _Constant(Func):
    """SQL that stands in the statement and is no parameter: binding those is a good part of a page's cost."""

    template, arity = "%(sql)s", 0

    def __init__(self, sql: str, output_field: Any) -> None:
        super().__init__(output_field=output_field, sql=sql)


def _columns(rows: QuerySet[Any], part: int, **given: Any) -> QuerySet[Any]:
    """Rows of any table in the columns of `_take`: names of fields, or expressions."""
    if "text" in given:
        given["text"] = Cast(given["text"], TextField())
    # What is missing is typed, or PostgreSQL takes the empty column for text.
    text, number = _Constant("''", output_field=TextField()), _Constant("0", output_field=IntegerField())
    real = _Constant("0.0", output_field=FloatField())
    missing: dict[str, Any] = {
        "pk": _Constant("0", output_field=BigIntegerField()),
        "product": Cast(Value(None), get_catalog().model._meta.pk),
        **dict.fromkeys(("text", "tags", "palette", "name", "title", "kind"), text),
        **dict.fromkeys(("width", "height"), number),
        "uuid": text,
        **dict.fromkeys(("surplus", "information"), real),
        "at": Cast(Value(None), DateTimeField()),
    }
    return rows.order_by().values_list(
        _Constant(str(part), output_field=IntegerField()),
        *(given.get(name, empty) for name, empty in missing.items()),
    )
