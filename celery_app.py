"""Celery's entry: `celery -A celery_app worker` and `celery -A celery_app beat`."""

import os

from celery import Celery

from tickstock_site import heartbeat as heartbeat  # connects to the worker's signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tickstock_site.settings")

app = Celery("tickstock")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
