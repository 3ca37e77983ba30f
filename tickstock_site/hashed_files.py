"""Static files in production: names that carry their content's hash, kept by browsers for good."""

from __future__ import annotations

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Hashes and compresses what `collectstatic` collects, imports between modules included.

    Before anything was collected, files have their plain names, and are served from the apps.
    """

    support_js_module_import_aggregation = True
    manifest_strict = False

    def stored_name(self, name: str) -> Any:
        """The name with its hash, where one was made."""
        return super().stored_name(name) if self.hashed_files else name
