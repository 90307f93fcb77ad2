"""Where everything is that Django serves."""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from lectern.entrypoints.http.api import api


@require_safe
def welcome(request: HttpRequest) -> JsonResponse:
    """Tell a person who opens the bare address where to go on."""
    links = {"docs": "/api/docs", "openapi": "/api/openapi.json", "health": "/health/ready"}
    return JsonResponse({"name": "Lectern", **links})


urlpatterns = [path("", welcome), path("api/", api.urls)]
