"""A campaign leads to pages, and never runs anything."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.campaigns.links import safe_link
from prodgen_django.jobs import create_job, update_draft
from prodgen_django.jobs.run import run_here
from prodgen_django.models import Campaign, Job
from tests.campaigns.test_campaigns import OPTIONS, _shop, finished, mug, placed, shown

__all__ = ["_shop", "mug"]  # fixtures

BAD = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " \t javascript:alert(1)",
    "\x01javascript:alert(1)",
    "java\nscript:alert(1)",
    "java\tscript:alert(1)",
    "\u200bjavascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://shop.example/1",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https:evil.example",
    "https:///evil.example",
    "https:\\\\evil.example",
    "http://",
    "http://[1",
    ":alert(1)",
]
GOOD = [
    "/sale/",
    "sale/?page=2",
    "?page=2",
    "#top",
    "../mugs/",
    "/search?q=a:b",
    "https://shop.example/sale?x=1#y",
    "HTTP://shop.example",
    "https://käse.example/größe",
]


@pytest.mark.parametrize("link", BAD)
def test_what_would_run_or_lead_astray_is_refused_in_the_options_and_in_the_form(mug: Any, link: str) -> None:
    job = create_job("campaign", products=[mug], draft=True, options=OPTIONS)
    with pytest.raises(ValidationError, match="https://"):
        update_draft(job, {**OPTIONS, "link": link})
    with pytest.raises(ValidationError):
        create_job("campaign", products=[mug], options={**OPTIONS, "link": link})
    with pytest.raises(ValidationError, match="https://"):
        Campaign(job=job, link=link).full_clean()


@pytest.mark.parametrize("link", BAD)
def test_rows_that_are_there_already_lead_nowhere(db: None, link: str) -> None:
    placed()
    Campaign.objects.update(link=link)
    page = shown()
    assert "<picture" in page
    assert "href" not in page


def test_a_job_that_was_queued_before_the_check_leads_to_its_product(mug: Any) -> None:
    job = create_job("campaign", products=[mug], options={**OPTIONS, "slot": "hero"})
    item = job.items.get()
    Job.objects.filter(pk=job.pk).update(options={**job.options, "link": "javascript:alert(1)"})
    item.options = {**item.options, "link": "javascript:alert(1)"}
    item.save()
    run_here(job.pk)
    assert job.campaign.link == mug.get_absolute_url()


@pytest.mark.parametrize("link", GOOD)
def test_pages_are_linked(db: None, link: str) -> None:
    assert safe_link(f" {link} ") == link
    placed()
    Campaign.objects.update(link=link)
    assert f'href="{link}"' in shown()


@given(st.text(alphabet=st.sampled_from("jJavascript:/\\\t\n\r \x00\x01\u00a0\ufeffdhtp.#?&@"), max_size=24))
def test_no_link_reads_as_another_scheme_or_site(text: str) -> None:
    """As browsers read it: blanks and controls at the ends and tabs and line ends anywhere are dropped."""
    link = safe_link(text)
    read = "".join(char for char in link if char not in "\t\n\r").strip("".join(map(chr, range(33))))
    head = read.lower().replace("\\", "/").split("/")[0].split("?")[0].split("#")[0]
    assert ":" not in head or head in ("http:", "https:")
    assert not read.replace("\\", "/").startswith("//")


def test_a_link_that_is_allowed_is_kept(mug: Any) -> None:
    job = finished([mug], slot="hero", formats=["hero"], link="/sale/")
    assert job.campaign.link == "/sale/"
