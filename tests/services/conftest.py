"""Real workers on each pair of broker and database. Where a server is missing: skipped, and under CI a
failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.services.sites import FLAVOURS, Missing, Site, opened


@pytest.fixture(scope="session", params=FLAVOURS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One shop for all tests of a pair of broker and database."""
    try:
        with opened(request.param, tmp_path_factory.mktemp(request.param)) as site:
            yield site
    except Missing as error:
        if os.environ.get("CI"):
            pytest.fail(f"{error} is missing")
        pytest.skip(f"{error} is missing")


@pytest.fixture
def site(shop: Site) -> Iterator[Site]:
    shop.tidy()
    shop.worker.ensure()
    yield shop
    shop.tidy()
