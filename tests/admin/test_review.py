"""Reviewing: originals beside candidates, what was measured in words, and every decision with and without
scripts.
"""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from prodgen_django.admin.scores import verdicts
from prodgen_django.catalog import get_catalog
from prodgen_django.errands.run import run_errand
from prodgen_django.jobs import create_job, send
from prodgen_django.jobs.lease import from_now
from prodgen_django.jobs.sweep import sweep
from prodgen_django.models import Errand, GeneratedImage, Job, ReviewEvent, WakeUp
from prodgen_django.pictures.review import apply
from tests.admin.conftest import ProductImage, finish, queries
from tests.conftest import Broker

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

JSON = {"accept": "application/json"}


@pytest.fixture(autouse=True)
def _no_broker(broker: Broker) -> None:
    """Nothing is published anywhere."""


def gallery(job: Job) -> str:
    return reverse("admin:prodgen_job_review", args=[job.pk])


def decide(client: Client, image: GeneratedImage, action: str, **more: Any) -> Any:
    return client.post(reverse("admin:prodgen_image_action", args=[image.uuid]), {"action": action}, **more)


def state(image: GeneratedImage) -> str:
    image.refresh_from_db()
    return image.state


def test_the_original_stands_beside_its_candidates(owner: Client, reviewed_job: Job) -> None:
    page = owner.get(gallery(reviewed_job)).content.decode()
    assert page.count('class="pg-group"') == 3
    assert page.count('class="pg-candidate"') == 6
    assert page.count("The shop&#x27;s photo of Thing") + page.count("The shop's photo of Thing") == 3
    assert "93 % sure" in page
    assert "Every pixel is the photo&#x27;s own" in page


def test_pictures_of_different_photos_of_a_product_stand_beside_their_own(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    job = create_job("display", products=make_products(1, photos=2), draft=True)
    _one, two = finish(job, pictures=2)
    GeneratedImage.objects.filter(pk=two.pk).update(sources=[job.items.get().photos[1]])
    assert owner.get(gallery(job)).content.decode().count('class="pg-group"') == 2


def test_the_way_of_a_picture_into_the_shop_and_back(owner: Client, reviewed_job: Job) -> None:
    image = reviewed_job.images.first()
    for action, wanted, published in [
        ("approve", "approved", 0),
        ("publish", "published", 1),
        ("undo", "approved", 0),
        ("undo", "pending", 0),
        ("approve", "approved", 0),
        ("publish", "published", 1),
        ("unpublish", "approved", 0),
        ("reject", "rejected", 0),
    ]:
        reply = decide(owner, image, action)
        assert reply.status_code == 302
        assert state(image) == wanted, action
        assert ProductImage.objects.filter(code=f"prodgen-{image.uuid}").count() == published
    page = owner.get(reverse("admin:prodgen_django_generatedimage_change", args=[image.pk])).content.decode()
    # Every change is on record, with who made it.
    assert image.events.count() == 8
    assert page.count("by True") + page.count(f"by {owner.user}") >= 8  # type: ignore[attr-defined]


def test_with_scripts_the_answer_is_the_redrawn_card(owner: Client, reviewed_job: Job) -> None:
    image = reviewed_job.images.first()
    answer = decide(owner, image, "approve", headers=JSON).json()
    assert answer["ok"]
    assert answer["state"] == "approved"
    assert 'value="publish"' in answer["html"]
    assert 'value="undo"' in answer["html"]
    assert 'value="approve"' not in answer["html"]


def test_what_speaks_against_a_picture_is_said_and_refuses_it(owner: Client, reviewed_job: Job) -> None:
    image = reviewed_job.images.first()
    sentence = "The product does not look as in its photo: edges differ"
    GeneratedImage.objects.filter(pk=image.pk).update(blockers=[{"code": "fidelity", "message": sentence}])
    page = owner.get(gallery(reviewed_job)).content.decode()
    assert "Cannot be published" in page
    assert sentence in page
    decide(owner, image, "approve")
    reply = decide(owner, image, "publish", headers=JSON)
    assert reply.status_code == 409
    assert sentence in reply.json()["message"]
    assert state(image) != "published"


def test_two_people_decide_at_once(owner: Client, reviewed_job: Job) -> None:
    image = reviewed_job.images.first()
    decide(owner, image, "approve")
    decide(owner, image, "publish")
    reply = decide(owner, image, "reject", headers=JSON)
    assert reply.status_code == 409
    assert "Published" in reply.json()["message"] or "published" in reply.json()["message"]
    assert state(image) == "published"


@pytest.mark.django_db(transaction=True)
class TestSilentBroker:
    """One that accepts and never answers holds nobody, and what was asked for is done when it is back."""

    @pytest.fixture(autouse=True)
    def _silent(self, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(send, "PATIENCE_SECONDS", 0.2)
        broker.mood = "silent"

    def publishers(self) -> int:
        return sum(thread.name == "prodgen-publisher" for thread in threading.enumerate())

    def test_seven_approved_at_once_ask_once(self, owner: Client, reviewed_job: Job) -> None:
        keys = list(reviewed_job.images.values_list("pk", flat=True))
        owner.post(gallery(reviewed_job), {"action": "approve", "image": keys})
        assert reviewed_job.images.filter(state="approved").count() == len(keys)
        assert self.publishers() == 1
        assert Errand.objects.filter(kind="render", over_at=None).count() == len(keys)

    def test_one_after_the_other_asks_once(self, owner: Client, reviewed_job: Job) -> None:
        for image in reviewed_job.images.all():
            assert decide(owner, image, "approve").status_code == 302
        assert self.publishers() == 1

    def test_it_is_healed_by_the_sweeper(
        self, owner: Client, reviewed_job: Job, broker: Broker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        decide(owner, reviewed_job.images.first(), "approve")
        broker.mood = "takes"
        monkeypatch.setattr(send, "_silent_until", 0.0)
        assert sweep().woken == 1
        assert broker.names() == ["prodgen.run_errand"]


@pytest.mark.django_db(transaction=True)
class TestErrands:
    """Smaller versions and decisions about many: in rows, so that no lost message loses them."""

    def work(self) -> None:
        while run_errand():
            pass

    def lose_messages(self) -> None:
        WakeUp.objects.update(due_at=from_now(-1000))

    def test_an_approved_picture_gets_its_smaller_versions_though_the_message_is_lost(
        self, owner: Client, reviewed_job: Job, broker: Broker
    ) -> None:
        image = reviewed_job.images.first()
        decide(owner, image, "approve")
        assert [(name, queue) for name, _args, queue in broker.sent] == [
            ("prodgen.run_errand", "prodgen-quick")
        ]
        assert (
            "Its smaller versions are being made."
            in owner.get(gallery(reviewed_job) + "?state=approved").content.decode()
        )
        self.lose_messages()
        assert sweep().woken == 1
        self.work()
        image.refresh_from_db()
        assert len(image.renditions) == 3
        assert not Errand.objects.exists()

    def test_a_worker_that_dies_over_it_costs_nothing(
        self, owner: Client, reviewed_job: Job, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        image = reviewed_job.images.first()
        decide(owner, image, "approve")
        with monkeypatch.context() as patch:
            patch.setattr("prodgen_django.pictures.renditions.render", _die)
            with pytest.raises(KeyboardInterrupt):
                run_errand()
        # One that is killed leaves its token and its lease.
        Errand.objects.update(token=uuid.uuid4(), lease_until=from_now(60), attempts=1)
        assert not run_errand()
        Errand.objects.update(lease_until=from_now(-1))
        self.work()
        image.refresh_from_db()
        assert image.renditions

    def test_what_keeps_going_wrong_is_told_and_can_be_asked_for_again(
        self, owner: Client, reviewed_job: Job, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.PRODGEN = {"RETRY_SECONDS": 0}
        image = reviewed_job.images.first()
        decide(owner, image, "approve")
        with monkeypatch.context() as patch:
            patch.setattr("prodgen_django.pictures.renditions.save_content", _full)
            self.work()
        assert Errand.objects.get().attempts == 3
        assert (
            "Its smaller versions could not be made"
            in owner.get(gallery(reviewed_job) + "?state=approved").content.decode()
        )
        assert sweep().woken == 0
        decide(owner, image, "undo")
        decide(owner, image, "approve")
        self.work()
        image.refresh_from_db()
        assert image.renditions

    def test_everything_that_matches_goes_to_a_worker_and_the_page_says_how_far_it_is(
        self, owner: Client, make_products: Callable[..., list[Any]], broker: Broker
    ) -> None:
        job = create_job("display", products=make_products(90), draft=True)
        images = finish(job)
        poor = {"confidence": 0.4, "reasons": ["The outline does not follow clear edges."], "poor": True}
        GeneratedImage.objects.filter(pk=images[0].pk).update(scores={"cut_out": poor})
        reply = owner.post(gallery(job), {"action": "approve", "scope": "all"}, follow=True)
        page = reply.content.decode()
        assert "90 pictures are handed to a worker" in page
        assert "A worker approves 90 pictures. 0 have been looked at." in page
        assert "No worker serves the queue" in page
        assert job.images.filter(state="approved").count() == 0
        assert broker.names() == ["prodgen.run_errand"]
        self.lose_messages()
        assert sweep().woken == 1
        self.work()
        assert job.images.filter(state="approved").count() == 89
        page = owner.get(gallery(job)).content.decode()
        assert "89 of 90 pictures are approved: 1 were refused." in page
        assert "Its cut-out is uncertain." in page
        assert {event.by for event in ReviewEvent.objects.all()} == {owner.user}  # type: ignore[attr-defined]

    def test_a_decision_goes_on_where_its_worker_was_killed(
        self, owner: Client, make_products: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = create_job("display", products=make_products(30), draft=True)
        keys = [image.pk for image in finish(job)]
        GeneratedImage.objects.filter(pk__in=keys).update(state="approved", renditions=[{"name": "x"}])
        apply("publish", GeneratedImage.objects.filter(pk__in=keys), owner.user)  # type: ignore[attr-defined]
        seen: list[Any] = []

        def dies(row: GeneratedImage, **_more: Any) -> str:
            seen.append(row.pk)
            if len(seen) == 25:
                raise KeyboardInterrupt
            return "ref"

        monkeypatch.setattr(get_catalog(), "publish", dies)
        with pytest.raises(KeyboardInterrupt):
            run_errand()
        self.work()
        assert job.images.filter(state="published").count() == 30
        # Each was published once; the one that was interrupted left nothing, and was done again.
        assert len(seen) == 31
        assert Errand.objects.get(kind="decide").report == {"done": 30, "refused": 0, "reasons": []}


def _full(*_args: Any) -> str:
    raise OSError("no space left on the device")


def _die(*_args: Any) -> None:
    raise KeyboardInterrupt


def test_several_at_once(owner: Client, reviewed_job: Job) -> None:
    images = list(reviewed_job.images.order_by("pk"))
    chosen = [image.pk for image in images[:4]]
    reply = owner.post(gallery(reviewed_job), {"action": "approve", "image": chosen}, follow=True)
    assert "4 pictures are approved." in reply.content.decode()
    assert reviewed_job.images.filter(state="approved").count() == 4
    reply = owner.post(gallery(reviewed_job) + "?state=approved", {"action": "publish", "image": chosen[:2]})
    assert reviewed_job.images.filter(state="published").count() == 2


def test_an_uncertain_cut_out_is_never_approved_as_one_of_many(owner: Client, reviewed_job: Job) -> None:
    doubtful, *others = reviewed_job.images.order_by("pk")
    poor = {"confidence": 0.4, "reasons": ["The outline does not follow clear edges."], "poor": True}
    GeneratedImage.objects.filter(pk=doubtful.pk).update(scores={"cut_out": poor})
    chosen = [image.pk for image in (doubtful, *others)]
    reply = owner.post(gallery(reviewed_job), {"action": "approve", "image": chosen}, follow=True)
    assert "5 pictures are approved." in reply.content.decode()
    assert "Its cut-out is uncertain." in reply.content.decode()
    assert state(doubtful) == "pending"
    decide(owner, doubtful, "approve")
    assert state(doubtful) == "approved"


def test_all_that_wait_also_on_the_other_pages(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    job = create_job("display", products=make_products(30), draft=True)
    finish(job)
    assert "all 30, also on the other pages" in owner.get(gallery(job)).content.decode()
    owner.post(gallery(job), {"action": "reject", "scope": "all"})
    assert job.images.filter(state="rejected").count() == 30


def test_a_bulk_takes_nothing_from_another_job(
    owner: Client, reviewed_job: Job, make_products: Callable[..., list[Any]]
) -> None:
    foreign = GeneratedImage.objects.create(
        title="Foreign", kind="display", file="x.jpg", sha256="1", width=1, height=1
    )
    owner.post(gallery(reviewed_job), {"action": "reject", "image": [foreign.pk]})
    assert state(foreign) == "pending"


def test_over_all_jobs_by_kind_and_name(owner: Client, reviewed_job: Job) -> None:
    address = reverse("admin:prodgen_review")
    assert owner.get(address).content.decode().count('class="pg-candidate"') == 6
    assert owner.get(address, {"kind": "stitch"}).content.decode().count('class="pg-candidate"') == 0
    assert owner.get(address, {"q": "Thing 1"}).content.decode().count('class="pg-candidate"') == 2
    assert owner.get(address, {"state": "published"}).content.decode().count('class="pg-candidate"') == 0


def test_the_list_of_pictures_and_its_actions(owner: Client, reviewed_job: Job) -> None:
    address = reverse("admin:prodgen_django_generatedimage_changelist")
    keys = list(reviewed_job.images.values_list("pk", flat=True))
    reply = owner.post(address, {"action": "approve_pictures", "_selected_action": keys[:3]}, follow=True)
    assert "3 pictures are approved." in reply.content.decode()
    assert "3 pictures" in owner.get(address, {"state__exact": "approved"}).content.decode()


def test_a_way_back_leads_nowhere_else(owner: Client, reviewed_job: Job) -> None:
    image = reviewed_job.images.first()
    address = reverse("admin:prodgen_image_action", args=[image.uuid])
    reply = owner.post(address, {"action": "approve", "next": "https://evil.example/"})
    assert "evil" not in reply.url
    reply = owner.post(address, {"action": "undo", "next": gallery(reviewed_job) + "?page=2"})
    assert reply.url == f"{gallery(reviewed_job)}?page=2#picture-{image.pk}"


@pytest.mark.parametrize(
    "page",
    ["admin:prodgen_review", "admin:prodgen_django_generatedimage_changelist"],
    ids=["gallery", "list"],
)
def test_many_pictures_take_the_same_queries_as_few(
    owner: Client, make_products: Callable[..., list[Any]], page: str
) -> None:
    products = make_products(10)
    images = finish(create_job("display", products=products[:1], draft=True), pictures=2)
    decide(owner, images[0], "reject")
    address = reverse(page) + "?state=all" if page.endswith("review") else reverse(page)
    few = queries(owner, address)
    for image in finish(create_job("display", products=products, draft=True), pictures=2):
        decide(owner, image, "approve")
    many = queries(owner, address)
    assert 0 < len(few) == len(many), "\n".join(many)


class TestVerdicts:
    """What was measured, as a shop admin would say it."""

    def said(self, **scores: Any) -> list[tuple[str, str, str]]:
        found = verdicts(GeneratedImage(scores=scores, kind="display"))
        return [(verdict.level, verdict.name, verdict.short) for verdict in found]

    def test_an_altered_product_comes_first(self) -> None:
        said = self.said(
            cut_out={"confidence": 0.9, "reasons": [], "poor": False},
            fidelity={"passed": False, "mean_delta_e": 6.0, "failures": ["mean_delta_e"]},
        )
        assert [level for level, *_rest in said] == ["bad", "good"]
        assert said[0][1:] == ("Product unaltered", "No: it differs from its photo")

    def test_a_channel_names_the_rules_that_it_would_refuse(self) -> None:
        results = [
            {
                "rule": "background",
                "passed": False,
                "hard": True,
                "message": "The background is not pure white.",
            },
            {"rule": "zoom", "passed": False, "hard": False, "message": "1600 px are advised."},
            {"rule": "size", "passed": True, "hard": True, "message": "1000 px."},
        ]
        image = GeneratedImage(scores={"channels": {"amazon_main": {"passed": False, "results": results}}})
        (verdict,) = verdicts(image)
        # Not for this channel, which does not stop it from being shown in the shop …
        assert (verdict.level, verdict.short) == ("look", "1 rule is broken")
        image.blockers = [{"code": "channel:amazon_main:background", "message": "…"}]
        # … unless the shop made it a condition.
        assert verdicts(image)[0].level == "bad"
        assert verdict.details == ("The background is not pure white.",)

    def test_advice_is_no_ban(self) -> None:
        results = [{"rule": "zoom", "passed": False, "hard": False, "message": "1600 px are advised."}]
        image = GeneratedImage(scores={"channels": {"web": {"passed": True, "results": results}}})
        assert [verdict.level for verdict in verdicts(image)] == ["look"]

    def test_an_uncertain_outline_asks_to_be_looked_at(self) -> None:
        said = self.said(cut_out={"confidence": 0.3, "reasons": ["Two ways disagree."], "poor": True})
        assert said == [("look", "Cut-out", "Uncertain (30 %): compare the edges")]

    def test_a_picture_without_figures_has_no_verdicts(self) -> None:
        assert self.said() == []
