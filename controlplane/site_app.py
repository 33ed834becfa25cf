"""Alone in its file: Django takes every app configuration that it finds in an ``apps.py`` for that app's own."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class SiteConfig(AdminConfig):
    """Django's admin with our site in place of its own."""

    default_site = "controlplane.site.Site"
