"""Django's permission groups, with the same record of edits as everything else: they decide who may edit."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group

from controlplane.admin.base import Admin

admin.site.unregister(Group)


@admin.register(Group)
class AdminGroupPages(Admin, GroupAdmin):
    search_help_text = "Part of a group's name."
