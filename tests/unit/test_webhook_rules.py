"""Webhooks, the pure part: waits, addresses, the sentence and the signature."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from webapp.notices.webhook_rules import (
    TargetFault,
    body_of,
    may_call,
    next_try,
    sentence,
    signature,
    succeeded,
    target_of,
)

NOW = datetime(2026, 11, 24, 1, 20, tzinfo=UTC)
PAYLOAD = {
    "event": "memo",
    "unit": "W21",
    "unit_name": "市民課",
    "count": 2,
    "url": "https://zaiseki.example.lg.jp/messages",
    "at": "2026-11-24T10:20:00+09:00",
    "id": "abc",
}


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [(1, 10), (2, 60), (3, 600), (4, 3_600), (5, 21_600), (6, None), (7, None)],
)
def test_waits_grow_and_then_it_is_given_up(tries: int, seconds: int | None) -> None:
    wanted = NOW + timedelta(seconds=seconds) if seconds is not None else None
    assert next_try(tries, now=NOW) == wanted


@pytest.mark.parametrize(
    ("status", "good"),
    [(200, True), (204, True), (299, True), (199, False), (301, False), (404, False), (500, False)],
)
def test_only_2xx_is_received(status: int, good: bool) -> None:
    assert succeeded(status) is good


def test_no_answer_is_no_success() -> None:
    assert not succeeded(None)


@pytest.mark.parametrize(
    ("host", "address", "allowed", "may"),
    [
        # nothing listed: whatever a closed network is made of, and the world
        ("chat.example.lg.jp", "10.1.2.3", [], True),
        ("chat.example.lg.jp", "192.168.0.5", [], True),
        ("chat.example.lg.jp", "203.0.113.9", [], True),
        ("chat.example.lg.jp", "fd00::5", [], True),
        # this machine only where it is listed
        ("localhost", "127.0.0.1", [], False),
        ("localhost", "::1", [], False),
        ("sly.example", "::ffff:127.0.0.1", [], False),
        ("localhost", "127.0.0.1", ["localhost"], True),
        ("localhost", "127.0.0.1", ["127.0.0.1"], True),
        # never, listed or not
        ("metadata", "169.254.169.254", [], False),
        ("metadata", "169.254.169.254", ["metadata", "169.254.169.254"], False),
        ("sly.example", "::ffff:169.254.169.254", ["sly.example"], False),
        ("sly.example", "fe80::1", ["sly.example"], False),
        ("sly.example", "fe80::1%eth0", ["sly.example"], False),
        ("sly.example", "224.0.0.1", ["sly.example"], False),
        ("sly.example", "0.0.0.0", ["sly.example"], False),
        # where any is listed, only those
        ("chat.example.lg.jp", "10.1.2.3", ["chat.example.lg.jp"], True),
        ("chat.example.lg.jp", "10.1.2.3", [" Chat.Example.LG.jp "], True),
        ("chat.example.lg.jp", "10.1.2.3", ["10.1.2.3"], True),
        ("chat.example.lg.jp", "10.1.2.3", ["*.example.lg.jp"], True),
        ("example.lg.jp", "10.1.2.3", ["*.example.lg.jp"], False),
        ("evilexample.lg.jp", "10.1.2.3", ["*.example.lg.jp"], False),
        ("other.example", "10.1.2.4", ["chat.example.lg.jp"], False),
    ],
)
def test_which_addresses_may_be_called(
    host: str, address: str, allowed: list[str], may: bool
) -> None:
    assert may_call(host, address, allowed) is may


@pytest.mark.parametrize(
    ("url", "site", "path"),
    [
        ("https://chat.example/hooks/x?y=1", "https://chat.example", "/hooks/x?y=1"),
        ("http://10.1.2.3:8080", "http://10.1.2.3:8080", "/"),
        ("https://Chat.Example:443/a", "https://chat.example", "/a"),
        ("http://[::1]:8000/a", "http://[::1]:8000", "/a"),
        ("  https://chat.example/a ", "https://chat.example", "/a"),
    ],
)
def test_an_address_in_its_parts(url: str, site: str, path: str) -> None:
    target = target_of(url)
    assert (target.site, target.path) == (site, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "chat.example/hooks",
        "ftp://chat.example/",
        "file:///etc/passwd",
        "https:///hooks",
        "https://user:pass@chat.example/",
        "https://chat.example:99999/",
        "https://chat.example/a b",
        "https://chat.example/\r\nX: y",
        "https://チャット.example/",
        "https://chat.example/" + "x" * 500,
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(TargetFault):
        target_of(url)


def test_a_sentence_says_that_not_what() -> None:
    assert sentence(PAYLOAD) == "取次2件（市民課） https://zaiseki.example.lg.jp/messages"
    city = PAYLOAD | {"event": "emergency", "unit": None, "unit_name": None, "count": 1}
    assert sentence(city) == "緊急時1件 https://zaiseki.example.lg.jp/messages"
    assert json.loads(body_of(PAYLOAD, "text")) == {"text": sentence(PAYLOAD)}
    assert json.loads(body_of(PAYLOAD, "json")) == PAYLOAD


def test_the_signature_is_what_the_readme_says() -> None:
    body = body_of(PAYLOAD, "json")
    by_hand = hmac.new(b"s3cret", b"1795483200." + body, hashlib.sha256).hexdigest()
    assert signature("s3cret", 1_795_483_200, body) == by_hand
    assert signature("s3cret", 1_795_483_201, body) != by_hand
    assert signature("other", 1_795_483_200, body) != by_hand
