"""The wiring app: start-up, checks and what belongs to the whole site."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class TickstockSiteConfig(AppConfig):
    """Registers the site's own checks and the wording of refused writes."""

    name = "tickstock_site"
    verbose_name = "TickStock"

    def ready(self) -> None:
        from tickstock_site import refusals

        refusals.install()


class CollectedStaticFiles(StaticFilesConfig):
    """Of the browser parts, `collectstatic` leaves what no page asks for."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "ext",  # htmx's extensions
        "ibm-plex-*.woff",
        "ibm-plex-*-italic.woff2",
        "ibm-plex-sans-condensed-[!l]*",
        "ibm-plex-*-latin-ext-*",
        "htmx.[!m]*",
        "*.development.*",
        "lightweight-charts.production.*",
        "lightweight-charts.standalone.production.js",
        "*.d.ts",
        "redoc.*",
    ]
