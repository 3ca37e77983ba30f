"""axe-core finds nothing serious on any page, light or dark, wide or narrow."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
RUN = "axe.run({resultTypes: ['violations']}).then((found) => found.violations)"
PAGES = [
    "/",
    "/symbols/AAPL",
    "/nothing-here/",
    "/admin/",
    "/admin/data-quality/",
    "/admin/daily-processing",
    "/admin/admin_processing/processingrun/",
    "/admin/django_celery_beat/periodictask/add/",
    "/admin/data/bars/",
    "/admin/tickstock_site/apitoken/",
    "/admin/patterns/detectorsetting/",
    "/admin/patterns/detectorsetting/morning_star/change/",
    "/catalogue",
    "/catalogue/double_bottom",
    "/catalogue/BB_UPPER",
]


def serious(page) -> list[str]:
    """What axe calls serious or critical, with the first element that it means."""
    if not AXE.is_file():
        pytest.skip("needs axe-core: npm ci")
    page.evaluate(AXE.read_text())  # the policy of the pages allows no script tag of a test's
    return [
        f"{found['id']}: {found['help']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for found in page.evaluate(RUN)
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"][:3]
    ]


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_violation(visit, live, scheme, width):
    page = visit("/sign-in/", False, color_scheme=scheme, viewport={"width": width, "height": 900})
    found = {"/sign-in/": serious(page.page)}
    page.sign_in()
    for path in PAGES:
        page.page.goto(path)
        page.page.wait_for_load_state("networkidle")
        if path in ("/", "/symbols/AAPL"):
            page.page.wait_for_selector("body[data-ready=true]")
        found[path] = serious(page.page)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
