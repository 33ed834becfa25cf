"""Signing in and out, for everybody; the admin has pages of its own for staff. Recorded as there."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse

from controlplane.models import User
from controlplane.site import SignInForm, signing_out


class AnybodysSignInForm(SignInForm):
    """The admin's form, record and all, without its demand for staff."""

    error_messages = AuthenticationForm.error_messages

    def confirm_login_allowed(self, user: User) -> None:
        AuthenticationForm.confirm_login_allowed(self, user)


class SignIn(LoginView):
    template_name = "accounts/login.html"
    authentication_form = AnybodysSignInForm


class SignOut(LogoutView):
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return signing_out(request, lambda: super(SignOut, self).post(request, *args, **kwargs))
