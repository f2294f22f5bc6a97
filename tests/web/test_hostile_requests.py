"""Whatever a request holds, no address of ours answers with an error of the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client, override_settings
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oscar.test.factories import create_product

from prodgen_django.keys import key_of
from prodgen_django.models import Checkpoint, GeneratedImage, Job, JobItem
from prodgen_django.personalization.log.sealing import seal
from prodgen_django.personalization.serve import cookies, page

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LONG = "9" * 5000
#: What people and programs put where a number should stand.
NUMBERS = [
    LONG,
    "-1",
    "0",
    str(2**63),
    str(2**31),
    "1_0",
    "+1",
    "٣",
    "1.5",
    "1e9",
    "abc",
    "\x00",
    "\x0b",
    "%",
    "é" * 300,
    "",
]
#: Those that went wrong somewhere, for what takes many requests.
FEW = [LONG, "-1", str(2**63), "٣", "\x00"]
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def yes(request: Any) -> bool:
    return True


@pytest.fixture(autouse=True)
def _consenting(db: None) -> Iterator[None]:
    with override_settings(
        PRODGEN={**django_settings.PRODGEN, "CONSENT": f"{__name__}.yes", "EVENT_RATE": 10**6}
    ):
        yield


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"user-agent": AGENT})


@pytest.fixture
def owner(db: None) -> Client:
    user = get_user_model().objects.create_superuser("owner", "owner@example.com", "secret")
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def tell(client: Client, body: Any, **more: Any) -> int:
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(reverse("prodgen:events"), data, content_type="text/plain", **more).status_code


class TestEvents:
    @pytest.mark.parametrize("length", ["abc", LONG, "-1", "1e3", "", "٣"])
    def test_a_length_that_is_none(self, visitor: Client, length: str) -> None:
        assert tell(visitor, {"page": "x"}, CONTENT_LENGTH=length) in (400, 413)

    @pytest.mark.parametrize("claimed", [None, "10"])
    def test_more_than_a_page_tells(self, visitor: Client, claimed: str | None) -> None:
        more = {} if claimed is None else {"CONTENT_LENGTH": claimed}
        assert tell(visitor, "[" * 300_000, **more) in (400, 413)

    @pytest.mark.parametrize(
        "body",
        [b"\xff\xfe", "null", "[]", '"page"', "{}", '{"page": null}', '{"page": {"a": 1}}', "[" * 90_000,
         '{"page": "x", "seen": ' + LONG + "}", '{"page": "x", "seen": [' + LONG + "]}", "NaN", ""],
        ids=lambda body: repr(body)[:24],
    )  # fmt: skip
    def test_what_is_no_report(self, visitor: Client, body: Any) -> None:
        assert tell(visitor, body) == 400

    @pytest.mark.parametrize("record", [b"\x00", b"[]", b"x\x9c\x03\x00\x00\x00\x00\x01"])
    def test_a_record_of_another_release(self, visitor: Client, record: bytes) -> None:
        import zlib

        assert tell(visitor, {"page": seal(record, "page")}) == 400
        for old in ({}, [], {"v": "a", "u": None, "t": 1}):
            sealed = seal(zlib.compress(json.dumps(old).encode()), "page")
            assert tell(visitor, {"page": sealed}) == 400

    @many
    @given(
        st.one_of(
            st.binary(max_size=80),
            st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists).map(json.dumps),
            st.fixed_dictionaries(
                {},
                optional={
                    name: st.integers() | st.text() | st.lists(st.integers())
                    for name in ("page", "seen", "click")
                },
            ).map(json.dumps),
        ),
        st.sampled_from(
            [{}, {"CONTENT_LENGTH": "x"}, {"HTTP_SEC_PURPOSE": "prefetch"}, {"HTTP_SEC_FETCH_SITE": "?"}]
        ),
    )
    def test_anything(self, visitor: Client, body: Any, more: dict[str, str]) -> None:
        assert tell(visitor, body, **more) < 500

    def test_a_cache_that_is_away_stops_nobody(
        self, visitor: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from prodgen_django.personalization.serve import views

        def gone(*_args: Any, **_more: Any) -> Any:
            raise ConnectionError

        monkeypatch.setattr(views.cache, "add", gone, raising=False)
        assert views.within_rate(visitor.get("/").wsgi_request, "v") is True


class TestChoices:
    @pytest.mark.parametrize("number", NUMBERS)
    def test_products_that_are_none(self, visitor: Client, number: str) -> None:
        product = create_product()
        address = reverse("prodgen:choices")
        for text in (number, f"{product.pk}:{number}", f"{number}:{product.pk}", f"{number},{product.pk}"):
            assert visitor.get(address, {"products": text}).status_code == 200

    @many
    @given(st.text(max_size=60), st.text(max_size=12), st.text(st.characters(max_codepoint=255), max_size=60))
    def test_anything(self, visitor: Client, products: str, size: str, cookie: str) -> None:
        safe = cookie.replace(";", "").replace("\r", "").replace("\n", "")
        sent = f"{cookies.ID_COOKIE}={safe}; {cookies.SEEN_COOKIE}={safe}; oscar_history={safe}"
        query = f"products={quote(products, safe='')}&size={quote(size, safe='')}".encode(
            "utf-8", "replace"
        ).decode()
        reply = visitor.get(f"{reverse('prodgen:choices')}?{query}", HTTP_COOKIE=sent)
        assert reply.status_code in (200, 400)

    @pytest.mark.parametrize("data", [b"1:2", b"|", b"a:b:c:d:e", b"1:2:3:4:5:6", b"\xff", b"1:g:1:1:1"])
    def test_a_cookie_of_another_release(self, visitor: Client, data: bytes) -> None:
        visitor.cookies[cookies.SEEN_COOKIE] = seal(data, "seen")
        product = create_product()
        assert visitor.get(reverse("prodgen:choices"), {"products": str(product.pk)}).status_code == 200


def addresses() -> list[str]:
    names = ["job_changelist", "generatedimage_changelist", "checkpoint_changelist", "policyversion_changelist",
             "personalisationreport_changelist", "brandkit_changelist", "campaign_changelist"]  # fmt: skip
    return [
        *(f"admin:prodgen_django_{name}" for name in names),
        "admin:prodgen_review",
        "admin:prodgen_alike",
    ]


class TestAdmin:
    @pytest.mark.parametrize("number", FEW)
    @pytest.mark.parametrize("model", ["job", "generatedimage", "checkpoint", "brandkit", "campaign"])
    def test_rows_that_are_none(self, owner: Client, model: str, number: str) -> None:
        part = quote(number or "-", safe="")
        for tail in (
            "change/",
            "history/",
            "delete/",
            "progress.json",
            "review/",
            "options/",
            "pack.zip",
            "",
        ):
            reply = owner.get(f"/admin/prodgen_django/{model}/{part}/{tail}")
            assert reply.status_code < 500, tail
        for tail in ("preview/", "cancel/", "discard/", "action/", "cut-out/"):
            assert owner.post(f"/admin/prodgen_django/{model}/{part}/{tail}").status_code < 500, tail

    @pytest.mark.parametrize("number", FEW)
    @pytest.mark.parametrize("name", addresses())
    def test_queries_that_are_none(self, owner: Client, name: str, number: str) -> None:
        for key in ("page", "p", "q", "state", "kind", "days", "visitors", "created_by__id__exact", "id__in", "o",
                    "all", "checks", "seen", "category", "created_at__gte", "created_at__year"):  # fmt: skip
            assert owner.get(reverse(name), {key: number}).status_code < 500, key

    @pytest.mark.parametrize("number", NUMBERS)
    def test_a_job_and_its_gallery(self, owner: Client, number: str) -> None:
        job = Job.objects.create(kind="display", state=Job.State.SUCCEEDED)
        for name in ("prodgen_job_progress", "prodgen_job_review", "prodgen_django_job_change"):
            query = {"page": number, "state": number, "seen": f"{number}:1", "q": number}
            assert owner.get(reverse(f"admin:{name}", args=[job.pk]), query).status_code < 500
        posted = {"action": "approve", "image": [number, "1"], "scope": number}
        assert owner.post(reverse("admin:prodgen_review"), posted).status_code < 500
        draft = Job.objects.create(kind="display")
        for name in ("preview", "options"):
            address = reverse(f"admin:prodgen_job_{name}", args=[draft.pk])
            assert (
                owner.post(address, {"preview_item": number, "size": number, "seed": number}).status_code
                < 500
            )


@pytest.mark.parametrize("number", [number for number in NUMBERS if number != str(2**31)])
def test_text_that_is_no_key(number: str) -> None:
    for model in (Job, GeneratedImage, Checkpoint):
        assert key_of(model, number) is None
    assert key_of(Job, "12") == 12


def test_a_visitor_may_have_any_record_that_we_sealed() -> None:
    with pytest.raises(page.Tampered):
        page.read_record("x" * 100_000)


class TestJobsOfAnotherTime:
    """Drafts and jobs of kinds that are installed no more, and what was never started."""

    @pytest.mark.parametrize("state", Job.State.values)
    def test_a_kind_that_is_gone(self, owner: Client, state: str) -> None:
        job = Job.objects.create(kind="gone", state=state, options={"size": [1]})
        JobItem.objects.create(job=job)
        page = owner.get(job.get_absolute_url(), follow=True)
        assert (page.status_code, page.redirect_chain) == (200, [])
        for name in ("options", "preview", "progress", "review", "cancel", "retry", "repeat", "finish"):
            address = reverse(f"admin:prodgen_job_{name}", args=[job.pk])
            assert owner.get(address).status_code < 500, name
            assert owner.post(address, {"do": "start"}).status_code < 500, name

    @pytest.mark.parametrize("state", [Job.State.DRAFT, Job.State.CANCELLED])
    @pytest.mark.parametrize("posted", [{}, {"language": "de"}, {"format": "hero"}, {"language": "\0"}])
    def test_a_campaign_that_never_was(self, owner: Client, state: str, posted: dict[str, str]) -> None:
        job = Job.objects.create(kind="campaign", state=state)
        JobItem.objects.create(job=job)
        reply = owner.post(reverse("admin:prodgen_campaign_again", args=[job.pk]), posted)
        assert reply.status_code == 302
        assert Job.objects.get() == job
