"""Two addresses for the script of the shop's pages: ``path("prodgen/", include("prodgen_django.urls"))``."""

from __future__ import annotations

from django.urls import path

from prodgen_django.personalization.serve import views

app_name = "prodgen"

urlpatterns = [
    path("choices/", views.choices, name="choices"),
    path("events/", views.events, name="events"),
]
