"""Settings, every one from the environment; `docs/operations.md` explains each."""

from __future__ import annotations

import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from tickstock_site.env import (
    SettingError,
    env_bool,
    env_choice,
    env_float,
    env_int,
    env_list,
    env_secret,
    env_text,
)
from tickstock_site.processes import OWNER, ROLE_OF_PROCESS, current_process, database_settings

BASE_DIR = Path(__file__).resolve().parent.parent
TICKSTOCK_PROCESS = current_process()
TESTING = TICKSTOCK_PROCESS == "test"

DEBUG = env_bool("DEBUG")
SECRET_KEY = env_secret("SECRET_KEY", "tests-only" if TESTING else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set: it signs sign-ins. "
        'Run: eval "$(bin/services env)"  (bin/run does), or set SECRET_KEY_FILE.'
    )
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
ALLOWED_ORIGINS = env_list("ALLOWED_ORIGINS")
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS

# --- what is installed --------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "tickstock_site.apps.CollectedStaticFiles",
    "channels",
    "csp",
    "timescale",
    "django_celery_beat",
    "ninja",
    "market",
    "patterns",
    "streaming",
    "admin_processing",
    "tickstock_site.apps.TickstockSiteConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "tickstock_site.file_serving.StaticFiles",
    "tickstock_site.compression.GzipApi",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tickstock_site.signin.SignInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "tickstock_site.urls"
ASGI_APPLICATION = "tickstock_site.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "tickstock_site" / "templates"],  # before those of Django's admin
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- database: one, four roles ------------------------------------------------------------------

TICKSTOCK_STORAGE = env_choice("TICKSTOCK_STORAGE", "timescaledb", ["timescaledb", "postgresql"])
DATABASE_ENGINE = (
    "timescale.db.backends.postgresql"
    if TICKSTOCK_STORAGE == "timescaledb"
    else "django.db.backends.postgresql"
)
DATABASE_POOL_SIZE = env_int("DATABASE_POOL_SIZE", 8, 1, 100)
DATABASE_TIMEOUT_SECS = env_float("DATABASE_TIMEOUT_SECS", 5.0, 0.1, 300)
_pool = (
    None
    if TICKSTOCK_PROCESS in (OWNER, "test")
    else {"min_size": 0, "max_size": DATABASE_POOL_SIZE, "timeout": DATABASE_TIMEOUT_SECS}
)

DATABASES = {
    "default": database_settings(ROLE_OF_PROCESS[TICKSTOCK_PROCESS], DATABASE_ENGINE, _pool)
}
if TICKSTOCK_PROCESS in ("web", "test"):
    DATABASES["readonly"] = database_settings("app_readonly", DATABASE_ENGINE, _pool)
if TICKSTOCK_PROCESS == OWNER:
    DATABASES["owner"] = database_settings("app_owner", DATABASE_ENGINE, None)
if TESTING:
    DATABASES["default"]["TEST"] = {"NAME": env_text("TICKSTOCK_TEST_DB", "test_tickstock")}
    for _role in ("readwrite", "web"):
        DATABASES[_role] = database_settings(f"app_{_role}", DATABASE_ENGINE, None)
    for _alias in ("readonly", "readwrite", "web"):
        DATABASES[_alias]["TEST"] = {"MIRROR": "default"}

DATABASE_ROUTERS = ["tickstock_site.routers.ProcessRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis --------------------------------------------------------------------------------------

REDIS_URL = env_secret("REDIS_URL", "redis://127.0.0.1:6379/0")
if TESTING:
    _test_db = env_int("TICKSTOCK_TEST_REDIS_DB", 9, 0, 15)
    REDIS_URL = REDIS_URL.rsplit("/", 1)[0] + f"/{_test_db}"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "tickstock_layer"},
    }
}

# --- sign-in and browser security ---------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "tickstock_site.signin.ThrottleBackend",
    "django.contrib.auth.backends.ModelBackend",
]
API_TOKEN_REQUESTS_A_MINUTE = env_int("API_TOKEN_REQUESTS_A_MINUTE", 600, 1, 1_000_000)
CSRF_FAILURE_VIEW = "tickstock_site.errors.csrf_failure"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
BEHIND_TLS = env_bool("BEHIND_TLS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
_validators = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": _validators + name}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# --- pages --------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
FORMAT_MODULE_PATH = ["tickstock_site.formats"]
STATIC_URL = "static/"
STATIC_ROOT = Path(env_text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [
    (f"vendor/{name}", path)
    for name, path in (
        ("lightweight-charts", BASE_DIR / "node_modules/lightweight-charts/dist"),
        ("htmx", BASE_DIR / "node_modules/htmx.org/dist"),
        ("plex", BASE_DIR / "node_modules/@fontsource/ibm-plex-sans-condensed/files"),
    )
    if path.is_dir()
]
HASHED_FILES = not (TESTING or DEBUG)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "tickstock_site.hashed_files.HashedStaticFiles"
        if HASHED_FILES
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not (HASHED_FILES and (STATIC_ROOT / "staticfiles.json").is_file())

# --- Celery -------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "America/New_York"
CELERY_BEAT_SCHEDULER = "tickstock_site.beat:LivingScheduler"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
WORKER_PROCESSES = env_int("WORKER_PROCESSES", 2, 1, 256)

PROCESSING_RETRY_SECS = [float(secs) for secs in env_list("PROCESSING_RETRY_SECS", ["5", "30"])]

# --- the market ---------------------------------------------------------------------------------

MARKET_CALENDAR = env_text("MARKET_CALENDAR", "XNYS")
MARKET_SESSION = env_choice("MARKET_SESSION", "regular", ["regular", "extended"])
STREAMING_UNIVERSE = env_text("STREAMING_UNIVERSE", "market_leaders:top_500")
UNIVERSES_FOLDER = env_text("UNIVERSES_FOLDER", "")
IMPORT_HISTORY_YEARS = env_int("IMPORT_HISTORY_YEARS", 5, 1, 50)
MASSIVE_API_KEY = env_secret("MASSIVE_API_KEY")
MASSIVE_WS_URL = env_text("MASSIVE_WS_URL", "wss://socket.massive.com/stocks")
MASSIVE_REST_URL = env_text("MASSIVE_REST_URL", "https://api.massive.com")
DAILY_SOURCE = env_choice("DAILY_SOURCE", "", ["massive", "flatfiles", "folder", "synthetic", ""])
IMPORT_FOLDER = env_text("IMPORT_FOLDER")
IMPORT_ADJUSTED = env_bool("IMPORT_ADJUSTED")
MASSIVE_REST_PER_MINUTE = env_int("MASSIVE_REST_PER_MINUTE", 5, 1, 6_000)
MASSIVE_REST_TIMEOUT_SECS = env_float("MASSIVE_REST_TIMEOUT_SECS", 10.0, 0.1, 300)
ADJUST_DIVIDENDS = env_bool("ADJUST_DIVIDENDS", True)
USE_SYNTHETIC_DATA = env_bool("USE_SYNTHETIC_DATA")
SYNTHETIC_TICKER_COUNT = env_int("SYNTHETIC_TICKER_COUNT", 70, 1, 20_000)
SYNTHETIC_UPDATE_INTERVAL = env_float("SYNTHETIC_UPDATE_INTERVAL", 1.0, 0.001, 3600)
SYNTHETIC_SEED = env_int("SYNTHETIC_SEED", 1, 0, 2**31)
SYNTHETIC_HISTORY_MINUTES = env_int("SYNTHETIC_HISTORY_MINUTES", 120, 0, 1440)

# --- the stream ---------------------------------------------------------------------------------

STREAMING_BATCH_SIZE = env_int("STREAMING_BATCH_SIZE", 100, 1, 100_000)
STREAMING_FLUSH_INTERVAL = env_float("STREAMING_FLUSH_INTERVAL", 5.0, 0.05, 60)
HEALTH_INTERVAL = env_float("HEALTH_INTERVAL", 10.0, 0.5, 60)
WATERMARK_GRACE_MS = env_int("WATERMARK_GRACE_MS", 250, 0, 60_000)
JOURNAL_MAX_ENTRIES = env_int("JOURNAL_MAX_ENTRIES", 1_000_000, 1_000, 100_000_000)
FEED_BUFFER_TICKS = env_int("FEED_BUFFER_TICKS", 2_000_000, 1_000, 100_000_000)
FLOW_LOG_BAR_EVERY = env_int("FLOW_LOG_BAR_EVERY", 100, 1, 1_000_000)
# What alerts and screens ask for most; the rest is computed from bars when somebody asks.
INDICATORS_STORED = env_list(
    "INDICATORS_STORED",
    [
        "RSI_14",
        "SMA_20",
        "SMA_50",
        "SMA_200",
        "EMA_9",
        "EMA_20",
        "MACD",
        "MACD_SIGNAL",
        "BB_UPPER",
        "BB_LOWER",
        "ATR_14",
        "ADX_14",
        "VWAP",
        "RVOL",
        "GAP_PERCENT",
        "RELATIVE_STRENGTH",
    ],
)

# --- health: from where on a figure is a reason to say `degraded` ---------------------------------

HEALTH_MAX_FEED_LAG_MS = env_int("HEALTH_MAX_FEED_LAG_MS", 5_000, 1, 86_400_000)
HEALTH_MAX_SILENCE_SECS = env_float("HEALTH_MAX_SILENCE_SECS", 30, 1, 86_400)
HEALTH_MAX_DROPPED_PERCENT = env_float("HEALTH_MAX_DROPPED_PERCENT", 0.1, 0, 100)
HEALTH_MAX_REJECTED = env_int("HEALTH_MAX_REJECTED", 10, 0, 1_000_000_000)
HEALTH_MAX_SILENT_PERCENT = env_float("HEALTH_MAX_SILENT_PERCENT", 20, 0, 100)
HEALTH_MAX_MEMORY_MB = env_int("HEALTH_MAX_MEMORY_MB", 2_048, 64, 1_048_576)
HEALTH_ERROR_AFTER_SECS = env_float("HEALTH_ERROR_AFTER_SECS", 60, 1, 86_400)

# --- retention, in days; 0 keeps everything -----------------------------------------------------

RETENTION_FLOW_DAYS = env_int("RETENTION_FLOW_DAYS", 7, 0, 36_500)
RETENTION_OUTBOX_DAYS = env_int("RETENTION_OUTBOX_DAYS", 7, 0, 36_500)
RETENTION_BARS_DAYS = env_int("RETENTION_BARS_DAYS", 0, 0, 36_500)
RETENTION_ROLLED_DAYS = env_int("RETENTION_ROLLED_DAYS", 0, 0, 36_500)
if 0 < RETENTION_ROLLED_DAYS < RETENTION_BARS_DAYS:
    raise SettingError(
        "RETENTION_ROLLED_DAYS",
        str(RETENTION_ROLLED_DAYS),
        f"0, or at least the {RETENTION_BARS_DAYS} of RETENTION_BARS_DAYS, whose bars it outlives",
        "0",
    )
RETENTION_DETECTIONS_DAYS = env_int("RETENTION_DETECTIONS_DAYS", 0, 0, 36_500)
RETENTION_RUNS_DAYS = env_int("RETENTION_RUNS_DAYS", 365, 0, 36_500)

# --- logs ---------------------------------------------------------------------------------------

LOG_LEVEL = env_choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"])
LOG_DIR = Path(env_text("LOG_DIR", str(BASE_DIR / "logs")))
LOG_FILE_MB = env_int("LOG_FILE_MB", 20, 1, 10_000)
LOG_FILES = env_int("LOG_FILES", 10, 1, 1_000)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "line"}
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {"httpx": {"level": "WARNING"}},  # it tells of each request
}

__all__ = ["SettingError"] + [name for name in dir() if name.isupper()]
