#!/usr/bin/env python
"""TickStock's command line."""

import os
import sys

from tickstock_site.preflight.bootstrap import before_django


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tickstock_site.settings")
    before_django(sys.argv)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
