from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from controlplane.admin import confirmation, foureyes, use
from controlplane.admin.base import Admin, actor_of, address_of
from controlplane.admin.counting import concerned, live_link, live_sessions
from controlplane.admin.words import BAD, GOOD, badge, count, listing, stamp
from controlplane.models import Role, SessionBinding, User
from controlplane.operations import people, rows, selfservice

Operation = Callable[[HttpRequest, User, str], str]
OPEN_ROLES = "To take a role away, use Take a role away…: it asks for a reason, and ends what runs as it."
PRIVILEGES = ("is_staff", "is_superuser", "groups", "user_permissions")


class UserForm(UserChangeForm):
    """A box to untick would end sessions without a word of why."""

    def clean_roles(self) -> Any:
        kept = self.cleaned_data["roles"]
        if self.instance.roles.exclude(pk__in=kept).exists():
            raise ValidationError(OPEN_ROLES)
        return kept


class RoleForm(confirmation.ReasonForm):
    role = forms.ModelChoiceField(Role.objects.none(), help_text="What runs as this role ends.")

    def __init__(self, *given: Any, users: QuerySet[User], **named: Any) -> None:
        super().__init__(*given, **named)
        field = self.fields["role"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        field.queryset = Role.objects.filter(users__in=users).distinct().order_by("name")


@admin.register(User)
class UserPages(Admin, UserAdmin):
    list_display = ("username", "full_name", "speaks_as", "state", "may_open_admin", "live", "last_session")
    list_filter = ("is_active", "roles", "is_staff", "is_superuser")
    search_fields = ("username", "first_name", "last_name", "email", "public_id__exact")
    search_help_text = "Part of a name or e-mail address, or the exact public id."
    fieldsets = (
        (None, {"fields": ("username", "password", "state", "public_id")}),
        (
            "Sessions",
            {
                "fields": ("roles", "attributes", "live", "last_session", "used_today", "void_before"),
                "description": "A role is given here, and taken away by the button below, which asks why and ends "
                "what runs as it.",
            },
        ),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        (
            "Admin access",
            {
                "fields": PRIVILEGES,
                "description": "What this user may do on these pages. Nothing to do with what sessions may do.",
            },
        ),
        ("Dates", {"fields": ("last_sign_in", "joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),
        ("Sessions", {"fields": ("roles",)}),
    )
    # is_active is not here: a box to untick would leave the user's sessions running. The action ends them.
    readonly_fields = (
        "state",
        "public_id",
        "live",
        "last_session",
        "used_today",
        "void_before",
        "last_sign_in",
        "joined",
    )
    filter_horizontal = ("groups", "user_permissions")
    secret_fields = frozenset({"password"})
    actions = ("disable", "enable", "log_out", "take_role")
    form = UserForm
    formfield_overrides = Admin.formfield_overrides

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        newest = SessionBinding.objects.filter(user=OuterRef("pk"), started_at__isnull=False)
        return (
            super()
            .get_queryset(request)
            .prefetch_related("roles")
            .annotate(
                live_sessions=live_sessions("user"),
                last_started=Subquery(newest.order_by("-started_at").values("started_at")[:1]),
            )
        )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "roles":
            options["widget"] = CheckboxSelectMultiple()
            options["queryset"] = Role.objects.order_by("name")
        return super().formfield_for_manytomany(db_field, request, **options)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        # Who may edit users could otherwise make themselves a superuser.
        return fields if request.user.is_superuser else (*fields, *PRIVILEGES)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        user: User | None = super().get_object(request, object_id, from_field)
        if user is not None:
            user.acting = actor_of(request)
        return user

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        # Django saves the password and then calls construct_change_message, without a transaction around
        # the two.
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def offers(self, row: User) -> tuple[str, ...]:
        if not row.is_active:
            return ("enable",)
        return ("disable", "log_out", "take_role") if row.roles.exists() else ("disable", "log_out")

    @admin.action(description="Disable and end sessions…", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        if request.user in queryset:
            self.message_user(request, "You cannot disable yourself.", messages.ERROR)
            return None
        said = f"They cannot sign in and get no tickets. What ends now: {_going_on(queryset)}."
        return self._each(request, queryset, "disable", said, _disabled)

    @admin.action(description="Enable…", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        said = "They can sign in and open sessions again. Sessions that ended stay ended."
        return self._each(request, queryset, "enable", said, _enabled)

    @admin.action(description="Log out everywhere…", permissions=["change"])
    def log_out(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        said = f"What ends now: {_going_on(queryset)}. They may open new ones."
        return self._each(request, queryset, "log_out", said, _logged_out)

    @admin.action(description="Take a role away…", permissions=["change"])
    def take_role(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        if not request.user.is_superuser and queryset.filter(is_superuser=True).exists():
            self.message_user(request, "Only a superuser may do this to a superuser.", messages.ERROR)
            return None
        form = RoleForm(confirmation.given(request), users=queryset)
        if not form.is_valid():
            said = f"What runs as the role ends now. In all its roles: {_going_on(queryset)}."
            title = f"Take a role from {count(queryset.count(), 'user')}?"
            question = confirmation.Question("take_role", title, said, "Yes, take it away", form=form)
            return confirmation.ask(self, request, queryset, question)
        for user in queryset:
            self._take(request, user, form.cleaned_data["role"], form.cleaned_data["reason"])
        return None

    def _take(self, request: HttpRequest, user: User, role: Role, reason: str) -> None:
        if why := selfservice.conflict(request.user, user, ("roles",)):
            foureyes.deny(request, user, "take a role from", why)
            self.message_user(request, why, messages.ERROR)
            return
        ended = people.remove_role(
            actor=actor_of(request), user=user, role=role, reason=reason, source_ip=address_of(request)
        )
        if ended is not None:
            said = f"User {user} no longer speaks as {role}; {count(ended, 'session')} ended."
            self.message_user(request, said, messages.SUCCESS)

    def _each(
        self, request: HttpRequest, queryset: QuerySet[User], action: str, said: str, operation: Operation
    ) -> HttpResponse | None:
        if not request.user.is_superuser and queryset.filter(is_superuser=True).exists():
            self.message_user(request, "Only a superuser may do this to a superuser.", messages.ERROR)
            return None
        reason = confirmation.reason_given(request)
        if not reason:
            verb = action.replace("_", " ")
            title = f"{verb.capitalize()} {count(queryset.count(), 'user')}?"
            question = confirmation.Question(action, title, said, f"Yes, {verb}")
            return confirmation.ask(self, request, queryset, question)
        for user in queryset:
            self.message_user(request, operation(request, user, reason), messages.SUCCESS)
        return None

    @admin.display(description="name")
    def full_name(self, user: User) -> str:
        return user.get_full_name() or "not given"

    @admin.display(description="roles")
    def speaks_as(self, user: User) -> str:
        return listing(sorted(role.name for role in user.roles.all()), none="none: no sessions")

    @admin.display(description="state", ordering="is_active")
    def state(self, user: User) -> str:
        return badge("enabled", GOOD) if user.is_active else badge("disabled", BAD)

    @admin.display(description="admin access", boolean=True, ordering="is_staff")
    def may_open_admin(self, user: User) -> bool:
        return user.is_staff

    @admin.display(description="live sessions")
    def live(self, user: Any) -> str:
        return live_link(getattr(user, "live_sessions", 0), f"user__id__exact={user.pk}")

    @admin.display(description="last session", ordering="last_started")
    def last_session(self, user: Any) -> str:
        return stamp(getattr(user, "last_started", None))

    @admin.display(description="used today (UTC)")
    def used_today(self, user: User) -> SafeString:
        return use.of_today(user, user.roles.filter(retired_at=None))

    @admin.display(description="logged out everywhere")
    def void_before(self, user: User) -> str:
        return stamp(user.not_before)

    @admin.display(description="last sign-in")
    def last_sign_in(self, user: User) -> str:
        return stamp(user.last_login)

    @admin.display(description="created at")
    def joined(self, user: User) -> str:
        return stamp(user.date_joined)


def _going_on(users: QuerySet[User]) -> str:
    return concerned(SessionBinding.objects.filter(user__in=users.values("pk")))


def _disabled(request: HttpRequest, user: User, reason: str) -> str:
    ended = people.disable_user(actor=actor_of(request), user=user, reason=reason)
    return f"User {user} is disabled; {count(ended, 'session')} ended."


def _enabled(request: HttpRequest, user: User, reason: str) -> str:
    enabled = rows.enable_user(
        actor=actor_of(request), user=user, reason=reason, source_ip=address_of(request)
    )
    return f"User {user} is enabled." if enabled else f"User {user} was enabled already."


def _logged_out(request: HttpRequest, user: User, reason: str) -> str:
    ended = people.log_out_everywhere(actor=actor_of(request), user=user, reason=reason)
    return f"User {user} is logged out everywhere; {count(ended, 'session')} ended."
