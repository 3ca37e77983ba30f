from django.apps import AppConfig


class PatternsConfig(AppConfig):
    name = "patterns"

    def ready(self) -> None:
        """Register the system checks."""
        import patterns.checks  # noqa: F401
