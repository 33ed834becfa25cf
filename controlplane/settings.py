"""Every setting, from the environment, in one file. Missing and malformed ones stop the start, all named at
once.

No default for SECRET_KEY, DATABASE_URL, REDIS_URL and ENCRYPTION_KEYS: a production start can never fall back
to values that everybody knows. ``dev.py`` supplies them for development."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp import constants as csp

from controlplane import environment as form

env = form.Environment()
_nobody: list[str] = []
BASE_DIR = Path(__file__).resolve().parent.parent
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# -- required
SECRET_KEY = env.read("SECRET_KEY", form.secret, dummy="")
DATABASE = env.read("DATABASE_URL", form.database, dummy={})
REDIS_URL = env.read("REDIS_URL", form.url("redis", "rediss"), dummy="")
ENCRYPTION_KEYS = env.read("ENCRYPTION_KEYS", form.fernet_keys, dummy=[])
"""Encrypt provider keys at rest (Fernet; the first key encrypts, all decrypt)."""

DATABASE_POOL = env.read("DATABASE_POOL", form.whole_number(2, 500), default=20)
"""Most connections of one process to Postgres."""

# -- where we are
DEBUG = env.read("DEBUG", form.boolean, default=False)
PORT = env.read("PORT", form.whole_number(1, 65535), default=8000)
PUBLIC_URL = env.read("PUBLIC_URL", form.url("http", "https"), default=f"http://127.0.0.1:{PORT}")
"""The address that browsers and clients use. It sets the allowed host, the default origin and the cookie
flags."""
DATA_DIR = Path(env.read("DATA_DIR", form.text, default=str(BASE_DIR / ".embedded")))
LOG_LEVEL = env.read("LOG_LEVEL", form.one_of("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO")

_public = urlsplit(PUBLIC_URL)
_local = _public.hostname in LOOPBACK
ALLOWED_HOSTS = env.read("ALLOWED_HOSTS", form.listing, default=[*LOOPBACK, _public.hostname or ""])
ALLOWED_ORIGINS = env.read(
    "ALLOWED_ORIGINS",
    form.origins,
    default=[f"{_public.scheme}://{host}:{_public.port}" for host in ("127.0.0.1", "localhost")]
    if _local and _public.port
    else [f"{_public.scheme}://{_public.netloc}"],
)
"""Browsers may open a websocket from these origins only, compared exactly (scheme, host and port)."""

DRAIN_SECONDS = env.read("DRAIN_SECONDS", form.whole_number(0, 24 * 3600), default=60)
"""What sessions have to come to an end when the server is told to stop; then they are closed (1012)."""

TICKETS_PER_MINUTE = env.read("TICKETS_PER_MINUTE", form.whole_number(1, 100_000), default=300)
TICKETS_PER_MINUTE_OF_KEY = env.read(
    "TICKETS_PER_MINUTE_OF_KEY", form.whole_number(1, 1_000_000), default=6_000
)
TICKETS_PER_MINUTE_OF_ADDRESS = env.read(
    "TICKETS_PER_MINUTE_OF_ADDRESS", form.whole_number(1, 1_000_000), default=600
)
TICKETS_PER_MINUTE_OF_ALL = env.read(
    "TICKETS_PER_MINUTE_OF_ALL", form.whole_number(1, 10_000_000), default=60_000
)
"""For each user, for each service key, for each address of browsers, in all; more are refused with 429."""
REFUSALS_PER_MINUTE = env.read("REFUSALS_PER_MINUTE", form.whole_number(1, 1_000_000), default=600)
"""Of one address; then it is turned away unread, with 429, until fewer were refused in the last minute."""
_unlimited: int | None = None
SESSIONS_PER_USER = env.read("SESSIONS_PER_USER", form.whole_number(1, 1_000_000), default=_unlimited)
SESSIONS_AT_ONCE = env.read("SESSIONS_AT_ONCE", form.whole_number(1, 10_000_000), default=_unlimited)
"""Of all roles together; a role can set less."""
TRUSTED_PROXIES = env.read("TRUSTED_PROXIES", form.networks, default=_nobody)
"""Networks whose forwarding headers say who the client is. Of anybody else they are ignored."""

# -- the provider
SANDBOX_URL = env.read("SANDBOX_URL", form.url("ws", "wss"), default="ws://127.0.0.1:4100/v1/realtime")
UPSTREAM_URL = env.read("UPSTREAM_URL", form.url("ws", "wss"), default="")
UPSTREAM_API_KEY = env.read("UPSTREAM_API_KEY", form.text, default="")
"""Seed the default Provider row; with no UPSTREAM_URL the sandbox is used, and pages and log say so."""

# -- people who are asked for approval
APPROVAL_NOTICE_EMAILS = env.read("APPROVAL_NOTICE_EMAILS", form.addresses, default=_nobody)
APPROVAL_NOTICE_WEBHOOK = env.read("APPROVAL_NOTICE_WEBHOOK", form.url("http", "https"), default="")
APPROVAL_NOTICE_WEBHOOK_SECRET = env.read("APPROVAL_NOTICE_WEBHOOK_SECRET", form.webhook_secret, default="")
"""Signs what is posted there, as in Standard Webhooks."""
DEFAULT_FROM_EMAIL = env.read("EMAIL_FROM", form.text, default=f"sallyport@{_public.hostname or 'localhost'}")
_mail: dict[str, Any] = env.read("EMAIL_URL", form.mail_server, default={})
EMAIL_HOST, EMAIL_PORT = _mail.get("EMAIL_HOST", "localhost"), _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_USER"), _mail.get("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10

env.require(
    not APPROVAL_NOTICE_EMAILS or bool(_mail),
    "EMAIL_URL is missing: APPROVAL_NOTICE_EMAILS needs a mail server",
)
env.require(
    bool(APPROVAL_NOTICE_WEBHOOK) == bool(APPROVAL_NOTICE_WEBHOOK_SECRET),
    "APPROVAL_NOTICE_WEBHOOK and APPROVAL_NOTICE_WEBHOOK_SECRET are needed together",
)
env.require(
    _public.scheme == "https" or _local or DEBUG,
    "PUBLIC_URL is malformed: needs https://, because cookies and tickets must not travel in the clear; "
    "http:// only for this machine (127.0.0.1, localhost)",
)
env.stop_if_unusable()

# -- Django
INSTALLED_APPS = [
    "daphne",  # before staticfiles: its runserver speaks websockets
    "controlplane.site_app.SiteConfig",  # django.contrib.admin, with our site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "controlplane",
    "audit",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "controlplane.urls"
ASGI_APPLICATION = "controlplane.asgi.application"
AUTH_USER_MODEL = "controlplane.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
STATIC_ROOT = env.read("STATIC_ROOT", form.text, default="") or None
WHITENOISE_USE_FINDERS = True  # a fresh clone needs no collectstatic; an image sets STATIC_ROOT
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "landing"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
MAX_BODY_BYTES = 2 * 1024 * 1024
"""Of any HTTP request (413 beyond). Less than Django's FILE_UPLOAD_MAX_MEMORY_SIZE: no body reaches the disk."""

# Under ASGI persistent connections would pile up, one per thread. The pool hands out checked ones instead: after a
# restart of Postgres no request meets a dead connection (M14), and a call does not pay 5 ms for a new one.
DATABASES = {
    "default": DATABASE
    | {
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": "sallyport",
            # A pool that goes on trying waits longer and longer, and makes nobody a new connection meanwhile: after an
            # outage of ten seconds it would be another ten until the first request is answered.
            "pool": {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 2, "reconnect_timeout": 2},
            **DATABASE.get("OPTIONS", {}),  # what the address says, such as sslmode=require, wins
        },
    }
}

# -- cookies and headers
_secure = _public.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_NAME = "__Host-session" if _secure else "sallyport_session"
CSRF_COOKIE_NAME = "__Host-csrf" if _secure else "sallyport_csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
SECURE_SSL_REDIRECT = False  # the proxy in front terminates TLS and redirects
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _secure else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.SELF],
        "base-uri": [csp.NONE],
        "form-action": [csp.SELF],
        "frame-ancestors": [csp.NONE],
        "object-src": [csp.NONE],
    }
}
"""Nothing inline and nothing from elsewhere: what gets into a page by a name or a reason cannot run."""

# -- Redis: a doorbell and a broker, never the truth
# redis-py 8 gives every socket a 5 s read time-out, and the channel layer blocks for 5 s: with the defaults
# one idle websocket dies every 5 s (M1). 15 s outlasts the block and still notices a dead Redis.
_layer_host = {
    "address": REDIS_URL,
    "socket_timeout": 15,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [_layer_host], "prefix": "sallyport", "capacity": 1000},
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 120, "global_keyprefix": "sallyport."}
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 20
CELERY_TASK_TIME_LIMIT = 30
CELERY_TIMEZONE = "UTC"
SWEEPS = {"reap_expired": 5, "revoke_tickets": 15, "expire_approvals": 5, "prune": 3600}
"""Task -> seconds between two runs. Sweeps, not one task per session: whatever was missed is found by the next one. A
sweep that waited longer than its interval has been overtaken, so it expires."""
CELERY_BEAT_SCHEDULE = {
    name: {"task": f"controlplane.tasks.{name}", "schedule": float(seconds), "options": {"expires": seconds}}
    for name, seconds in SWEEPS.items()
}

# -- log
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # It logs each address in full, and the path of a webhook is often its only secret.
    "loggers": {"httpx": {"level": "WARNING"}},
}
