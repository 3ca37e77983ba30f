"""The wiring app: start-up, checks and what belongs to the whole site."""

from django.apps import AppConfig


class TickstockSiteConfig(AppConfig):
    """Registers the site's own checks and the wording of refused writes."""

    name = "tickstock_site"
    verbose_name = "TickStock"

    def ready(self) -> None:
        from tickstock_site import refusals

        refusals.install()
