"""What a refused statement says; the refusals themselves are in tests/test_roles.py."""

from __future__ import annotations

import pytest

from tickstock_site.refusals import describe


@pytest.mark.parametrize(
    ("sql", "cause", "said"),
    [
        ("INSERT INTO a (b) VALUES (1)", "permission denied for table a", "may not INSERT on a:"),
        ("  update a set b = 1", "permission denied for table a", "may not UPDATE on a:"),
        ("SELECT 1 FROM (SELECT * FROM c)", "permission denied for table c", "SELECT on c:"),
        ("TRUNCATE v", "permission denied for materialized view v", "may not TRUNCATE on v:"),
        ("COPY a FROM STDIN", "must be superuser", "may not COPY: must be superuser"),
        ("(SELECT 1)", "permission denied for schema s", "may not do this on s:"),
    ],
)
def test_role_verb_and_table_are_named(sql: str, cause: str, said: str) -> None:
    told = describe("app_web", sql, cause)
    assert told.startswith("database role app_web ")
    assert said in told
    assert cause in told
