"""A wrong value gives one sentence that names the key, the value and what may stand there."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.catalog import get_catalog
from prodgen_django.conf import KEYS
from prodgen_django.conf import settings as ours
from prodgen_django.recipes import get_recipe
from prodgen_django.schema import REQUIRED
from prodgen_django.storage import get_storage


class NoRecipe:
    """Has a recipe's name and nothing of it."""

    kind = "paint"


WRONG = [
    ("CHANNELS", ["webb"], "PRODGEN['CHANNELS'][0] is 'webb'", "'amazon_main', ", "Did you mean 'web'?"),
    ("CHANNELS", "web", "PRODGEN['CHANNELS'] is 'web'", "a list", "Did you mean ['web']?"),
    ("QUALITY", 900, "PRODGEN['QUALITY'] is 900", "a whole number from 1 to 100", ""),
    ("QUALITY", True, "PRODGEN['QUALITY'] is True", "a whole number", ""),
    ("QUALITY", "90", "PRODGEN['QUALITY'] is '90'", "a whole number", ""),
    ("STORAGE", "nope", "PRODGEN['STORAGE'] is 'nope'", "an alias of STORAGES", "'default', 'staticfiles'"),
    ("FORMAT", "jpg", "PRODGEN['FORMAT'] is 'jpg'", "'jpeg', 'png', 'webp', 'avif'", "Did you mean 'jpeg'?"),
    ("RENDITION_FORMATS", ["webp", "gif"], "PRODGEN['RENDITION_FORMATS'][1] is 'gif'", "'avif'", ""),
    ("RENDITION_WIDTHS", [320, "640"], "PRODGEN['RENDITION_WIDTHS'][1] is '640'", "from 16", ""),
    ("DISPLAY_SIZE", (1600,), "PRODGEN['DISPLAY_SIZE'] is (1600,)", "a list or tuple of 2", ""),
    ("DISPLAY_SIZE", (1600, 0), "PRODGEN['DISPLAY_SIZE'][1] is 0", "from 64", ""),
    ("SIZES", {"card": "320"}, "PRODGEN['SIZES']['card'] is '320'", "a whole number", ""),
    ("SIZES", [320], "PRODGEN['SIZES'] is [320]", "a dict by name", ""),
    ("MATTING", "best", "PRODGEN['MATTING'] is 'best'", "'own' or a dict with 'rembg'", ""),
    ("MATTING", {"rembg": {}}, "PRODGEN['MATTING']['rembg'] needs 'model' or 'path'", "", ""),
    (
        "MATTING",
        {"rembg": {"modle": "u2net"}},
        "PRODGEN['MATTING']['rembg'] has an unknown key 'modle'",
        "",
        "Did you mean 'model'?",
    ),
    ("DIFFUSION", {"steps": 3}, "PRODGEN['DIFFUSION'] lacks the key 'model'", "", ""),
    ("DIFFUSION", {"model": "m", "steps": 0}, "PRODGEN['DIFFUSION']['steps'] is 0", "from 1 to 1000", ""),
    ("C2PA", {"key": "here.pem"}, "PRODGEN['C2PA'] lacks the key 'certificate'", "", ""),
    (
        "C2PA",
        {"key": "k", "certificate": "c", "algorithm": "ES256"},
        "PRODGEN['C2PA']['algorithm'] is 'ES256'",
        "'es256'",
        "Did you mean 'es256'?",
    ),
    ("DEVICE", "gpu", "PRODGEN['DEVICE'] is 'gpu'", "'auto', 'cpu', 'cuda'", ""),
    ("MAX_ATTEMPTS", 0, "PRODGEN['MAX_ATTEMPTS'] is 0", "from 1 to 1000", ""),
    ("LEASE_SECONDS", "60", "PRODGEN['LEASE_SECONDS'] is '60'", "a number above 0", ""),
    ("SWEEP_SECONDS", float("nan"), "PRODGEN['SWEEP_SECONDS'] is nan", "a number from 0 to", ""),
    ("TASK_TIME_LIMIT", float("inf"), "PRODGEN['TASK_TIME_LIMIT'] is inf", "a number above 0", ""),
    ("HOLDOUT", 10, "PRODGEN['HOLDOUT'] is 10", "a number from 0 to 1", ""),
    ("CHOOSE_IN", "browser", "PRODGEN['CHOOSE_IN'] is 'browser'", "one of 'page', 'script'", ""),
    ("CATALOG", "Catalog", "PRODGEN['CATALOG'] is 'Catalog'", "the dotted path of a subclass of", ""),
    ("CONSENT", True, "PRODGEN['CONSENT'] is True", "None or the dotted path of a function", ""),
    ("RECIPES", ["a.b"], "PRODGEN['RECIPES'] is ['a.b']", "a dict by kind", ""),
    ("STORAGE_PREFIX", "../up", "PRODGEN['STORAGE_PREFIX'] is '../up'", "a folder's name", ""),
    ("WORK_DIR", 7, "PRODGEN['WORK_DIR'] is 7", "None or the path of a folder", ""),
    ("WORK_DIR", "s3://bucket", "PRODGEN['WORK_DIR'] is 's3://bucket'", "the path of a folder", ""),
    ("EVENT_BUFFER", "reddis://host", "PRODGEN['EVENT_BUFFER'] is 'reddis://host'", "redis://", ""),
    ("STORAGE_PREFIX", "a\nb", "PRODGEN['STORAGE_PREFIX'] is 'a\\nb'", "a folder's name", ""),
    ("TASTE_RETENTION_DAYS", 1_000_000, "PRODGEN['TASTE_RETENTION_DAYS'] is 1000000", "at most 36500", ""),
    ("LEARN_AFTER_SECONDS", 10**30, "PRODGEN['LEARN_AFTER_SECONDS'] is 10", "from 0 to 31536000", ""),
    ("RECIPES", {1: 2}, "PRODGEN['RECIPES'] has the key 1", "names", ""),
    ("PUBLISH_FIRST", "no", "PRODGEN['PUBLISH_FIRST'] is 'no'", "True or False", ""),
]


def messages() -> list[Any]:
    return [m for m in run_checks() if "PRODGEN" in m.msg]


@pytest.mark.parametrize(("key", "value", "named", "choices", "hint"), WRONG)
def test_wrong_value_is_told_once_by_the_check_and_where_it_is_used(
    settings: Any, key: str, value: Any, named: str, choices: str, hint: str
) -> None:
    settings.PRODGEN = {key: value}
    (message,) = messages()
    assert (message.id, message.is_serious()) == ("prodgen_django.E002", True)
    with pytest.raises(ImproperlyConfigured) as used:
        getattr(ours, key)
    for text in (f"{message.msg} {message.hint or ''}", str(used.value)):
        assert named in text
        assert choices in text
        assert hint in text
    # The other keys go on.
    assert ours.EVENT_RATE == 120


@pytest.mark.parametrize(
    ("given", "kind"), [([], "a list"), ("x", "a str"), (None, "None"), ({"QUALITY"}, "a set")]
)
def test_settings_that_are_no_dict(settings: Any, given: Any, kind: str) -> None:
    settings.PRODGEN = given
    (message,) = messages()
    assert (message.id, message.msg) == ("prodgen_django.E001", f"PRODGEN must be a dict, not {kind}.")
    with pytest.raises(ImproperlyConfigured, match=f"^PRODGEN must be a dict, not {kind}.$"):
        _ = ours.QUALITY


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"RECIPES": {"own": "tests.conf.test_values.NoRecipe"}}, "PRODGEN['RECIPES']['own'] is"),
        ({"RECIPES": {"own": "prodgen_django.recipes.Recipe"}}, "a class that still lacks: run"),
        ({"RECIPES": {"own": "nowhere.Recipe"}}, "which cannot be imported: No module named 'nowhere'"),
        ({"CATALOG": "tests.conf.test_values.NoRecipe"}, "a subclass of prodgen_django.catalog.Catalog"),
        ({"CATALOG": "nowhere.Catalog"}, "PRODGEN['CATALOG'] is 'nowhere.Catalog', which cannot be imported"),
        ({"STORAGE": "nowhere.Storage"}, "PRODGEN['STORAGE'] is 'nowhere.Storage', which cannot be imported"),
        ({"STORAGE": "os.getcwd"}, "which gives '"),
        ({"STORAGE": int}, "which gives 0, but must give a Storage"),
        ({"CONSENT": "prodgen_django.conf.KEYS"}, "PRODGEN['CONSENT'] is"),
        ({"TASTE_SOURCES": ["tests.conf.test_values.NoRecipe"]}, "PRODGEN['TASTE_SOURCES'][0] is"),
        ({"EVENT_BUFFER": "nowhere.Buffer"}, "PRODGEN['EVENT_BUFFER'] is 'nowhere.Buffer'"),
    ],
)
def test_path_that_names_the_wrong_thing(settings: Any, given: dict[str, Any], told: str) -> None:
    settings.PRODGEN = given
    (message,) = messages()
    assert message.id == "prodgen_django.E003"
    assert told in message.msg


def test_what_uses_a_path_says_the_same(settings: Any) -> None:
    settings.PRODGEN = {
        "RECIPES": {"own": "tests.conf.test_values.NoRecipe"},
        "CATALOG": "nowhere.Catalog",
        "STORAGE": "nowhere.Storage",
    }
    for use in (lambda: get_recipe("own"), get_catalog, get_storage):
        with pytest.raises(ImproperlyConfigured, match=r"PRODGEN\['(RECIPES|CATALOG|STORAGE)'\]"):
            use()
    assert get_recipe("stitch").kind == "stitch"


def test_unknown_key_is_a_warning_with_the_nearest_one(settings: Any) -> None:
    settings.PRODGEN = {"LEASE_SECOND": 3}
    (message,) = messages()
    assert (message.id, message.hint) == ("prodgen_django.W001", "Did you mean 'LEASE_SECONDS'?")


def test_right_values_of_every_kind_are_taken(settings: Any) -> None:
    settings.PRODGEN = {
        "CHANNELS": ("web", "amazon_main"),
        "DISPLAY_SIZE": [800, 800],
        "MATTING": {"rembg": {"path": "/models/own.onnx"}},
        "DIFFUSION": {"model": "/models/inpainting", "guidance": 5},
        "C2PA": {"certificate": "c.pem", "key": "k.pem"},
        "DEVICE": "cuda:1",
        "STORAGE": "django.core.files.storage.InMemoryStorage",
        "CONSENT": lambda request: True,
        "RECIPES": {},
        "EVENT_BUFFER": "redis://localhost/3",
    }
    assert messages() == []
    assert ours.DISPLAY_SIZE[0] == 800
    # What a nested dict leaves out is filled in.
    assert ours.DIFFUSION["steps"] == 30
    assert ours.DIFFUSION["guidance"] == 5
    assert ours.C2PA["algorithm"] == "es256"


def test_settings_are_read_once_and_again_when_they_are_replaced() -> None:
    with override_settings(PRODGEN={"QUALITY": 70}):
        assert ours.QUALITY == 70
        with override_settings(PRODGEN={"QUALITY": 0}), pytest.raises(ImproperlyConfigured):
            _ = ours.QUALITY
        assert ours.QUALITY == 70
    assert ours.QUALITY == 90


def test_new_storage_alias_is_seen() -> None:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    with override_settings(PRODGEN={"STORAGE": "late"}):
        with pytest.raises(ImproperlyConfigured, match="'late'"):
            get_storage()
        from django.conf import settings as django_settings

        with override_settings(STORAGES={**django_settings.STORAGES, "late": memory}):
            assert type(get_storage()).__name__ == "InMemoryStorage"


@pytest.mark.parametrize("name", KEYS)
def test_each_default_is_one_that_its_key_takes(name: str) -> None:
    key = KEYS[name]
    assert key.default is not REQUIRED
    assert key.kind.takes(key.default)
    assert list(key.kind.faults(key.default, name)) == []
    assert key.meaning.endswith(".")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.one_of(st.text(max_size=6), st.integers(), st.none()), inner, max_size=3)
        | st.fixed_dictionaries({"rembg": inner})
        | st.fixed_dictionaries({"model": inner, "steps": inner})
        | st.fixed_dictionaries({"certificate": inner, "key": inner})
    ),
    max_leaves=6,
)


@given(name=st.sampled_from(sorted(KEYS)), value=ANYTHING)
def test_any_value_is_either_taken_or_told_with_its_key(name: str, value: Any) -> None:
    kind = KEYS[name].kind
    faults = list(kind.faults(value, f"PRODGEN[{name!r}]"))
    assert bool(faults) != kind.takes(value)
    assert all(f"PRODGEN[{name!r}]" in fault.text for fault in faults)
    if not faults:
        kind.read(value)


def test_names_that_stand_twice_agree() -> None:
    from prodgen_django.conf import FORMATS
    from prodgen_django.imagefile import FORMATS as WRITTEN
    from prodgen_django.studio.diffusion import AVOID

    assert FORMATS.names == tuple(WRITTEN)
    assert KEYS["DIFFUSION"].kind.read({"model": "x"})["avoid"] == AVOID
