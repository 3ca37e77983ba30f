from django.apps import AppConfig


class AdminProcessingConfig(AppConfig):
    name = "admin_processing"
    verbose_name = "Operations"
