"""Static files as an asynchronous server sends them."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db

ICON = "/static/site/icon.svg"


async def test_a_file_is_sent_with_its_type_and_nothing_else_is_asked(async_client):
    answer = await async_client.get(ICON)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg")
    assert int(answer.headers["Content-Length"]) == len(answer.content)


async def test_a_browser_that_has_it_gets_304_and_a_head_no_body(async_client):
    modified = (await async_client.get(ICON)).headers["Last-Modified"]
    again = await async_client.get(ICON, headers={"If-Modified-Since": modified})
    assert (again.status_code, again.content) == (304, b"")
    assert (await async_client.head(ICON)).content == b""


async def test_a_part_of_a_file_can_be_asked_for(async_client):
    answer = await async_client.get(ICON, headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, b"<svg")


async def test_what_is_no_file_is_answered_by_the_site(async_client):
    assert (await async_client.get("/sign-in/")).status_code == 200
    assert (await async_client.get("/static/site/../settings.py")).status_code == 404


def test_a_synchronous_server_gets_the_same(client):
    answer = client.get(ICON)
    assert b"".join(answer.streaming_content).startswith(b"<svg")
