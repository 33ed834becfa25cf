from __future__ import annotations

import warnings

from django.apps import AppConfig
from django.contrib.admin import apps as django_admin


class ControlPlaneConfig(AppConfig):
    name = "controlplane"
    verbose_name = "Control plane"
    default = True  # two live in this module

    def ready(self) -> None:
        from controlplane import checks  # noqa: F401 - registers them

        # WhiteNoise's files are synchronous iterators: Django reads such a file whole, and they are small.
        warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")


class ControlPlaneAdminConfig(django_admin.AdminConfig):
    """Django's admin with our site in place of its own."""

    default = False
    default_site = "controlplane.site.Site"
