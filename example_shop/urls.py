"""The shop's addresses: its own home page, Django's admin, and Oscar for all the rest."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db.transaction import non_atomic_requests
from django.urls import include, path, re_path
from django.views.static import serve

from example_shop import consent, views

admin.site.site_header = "Alder & Loom"
admin.site.site_title = "Alder & Loom"
admin.site.index_title = "Back office"

urlpatterns = [
    path("", views.HomeView.as_view(), name="home"),
    path("consent/", consent.answer, name="consent"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("prodgen/", include("prodgen_django.urls")),
    path("", include(apps.get_app_config("oscar").urls[0])),
]
if settings.DEBUG:
    urlpatterns = [
        path("sign-in-as/", views.sign_in_as, name="sign-in-as"),
        # A file needs no transaction: with SQLite each would wait for the write lock.
        re_path(r"^media/(?P<path>.*)$", non_atomic_requests(serve), {"document_root": settings.MEDIA_ROOT}),
        *urlpatterns,
    ]
