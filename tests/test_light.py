"""A web host works without the workers' heavy packages: `manage.py check`, the admin and a page with our tags."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "cv2", "scipy", "numba", "skimage", "pymatting", "safetensors")

CODE = f"""
import sys
import warnings
warnings.simplefilter("ignore")

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HEAVY!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())

import tests.settings
tests.settings.LANGUAGES = [("en-gb", "English"), ("ar", "Arabic"), ("ja", "Japanese"), ("he", "Hebrew")]
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
"""
CHECK = """
from django.core.management import call_command
call_command("check", fail_level="ERROR")
"""
PAGES = """
from django.apps import apps
from django.conf import settings
settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
from django.contrib.auth.models import User
from django.test import Client
from oscar.test.factories import create_product
product = create_product(title="Vase")
from django.template import Context, Template
tags = "{% personalize_products many %}{% prodgen_picture p %}{% personalized_image p %}{% prodgen_why p as w %}"
tags += '{% prodgen_campaign "hero" as c %}{% prodgen_script %}'
html = Template("{% load prodgen %}" + tags).render(Context({"p": product, "many": [product]}))
assert "<picture" in html, html
client = Client()
client.force_login(User.objects.create_superuser("mia"), backend="django.contrib.auth.backends.ModelBackend")
for path in ("/admin/catalogue/product/", "/admin/prodgen_django/job/", "/admin/prodgen_django/generatedimage/"):
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
assert client.get("/prodgen/choices/?products=1").status_code == 200
"""
LOADED = f"""
assert not set({HEAVY!r}) & set(sys.modules)
"""


def run(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE + code + LOADED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def test_checks_need_no_engine() -> None:
    run(CHECK)


def test_pages_and_admin_need_no_engine() -> None:
    run(PAGES)
