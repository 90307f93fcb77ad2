"""Django's root of addresses."""

from django.urls import include, path

urlpatterns = [path("", include("lectern.entrypoints.http.urls"))]
