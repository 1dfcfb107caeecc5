"""Tables for the pure rules of accounts."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.accounts import devices, passwords
from webapp.accounts.forms import own_path
from webapp.accounts.password_rules import fault_of
from webapp.accounts.rules import (
    Scope,
    failures_in_force,
    has_scope,
    lock_after,
    lock_in_force,
    scopes_from,
    scopes_of,
)
from webapp.org.rules import Role

NOW = datetime(2026, 11, 24, 1, 20, tzinfo=UTC)
ABOUT = ["100123", "桜井 剛", "さくらい ごう"]


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, None), (4, None), (5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 30), (99, 30)],
)
def test_lock_grows_and_is_bounded(failures: int, minutes: int | None):
    until = lock_after(failures, now=NOW)
    assert until == (None if minutes is None else NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("minutes", "holds"),
    [(None, False), (-1, False), (0, False), (1, True), (30, True), (31, False), (60, False)],
)
def test_a_lock_written_while_the_clock_was_ahead_holds_nobody_out(
    minutes: int | None, holds: bool
):
    until = None if minutes is None else NOW + timedelta(minutes=minutes)
    assert lock_in_force(until, now=NOW) == (until if holds else None)


def test_failures_are_forgiven_a_day_after_the_lock():
    assert failures_in_force(7, NOW - timedelta(hours=25), now=NOW) == 0
    assert failures_in_force(7, NOW - timedelta(hours=23), now=NOW) == 7
    assert failures_in_force(3, None, now=NOW) == 3


@pytest.mark.parametrize(
    ("password", "fits"),
    [
        ("midori-no-jitensha", True),
        ("みどりの自転車で坂をくだる", True),
        ("Tx9#kkw2", True),
        ("12345678", False),
        ("password", False),
        ("Password1!", False),
        ("ｐａｓｓｗｏｒｄ１", False),
        ("qwertyui", False),
        ("hgfedcba", False),
        ("aaaaaaaaaa", False),
        ("20261124", False),
        ("x100123x-kuruma", False),
        ("桜井剛の自転車です", False),
        ("さくらいごう2026", False),
        ("short7!", False),
        ("long" * 40, False),
    ],
)
def test_passwords(password: str, fits: bool):
    assert (fault_of(password, minimum=8, about=ABOUT) is None) is fits


def test_a_code_is_ten_clear_signs_and_forgives_how_it_is_typed():
    code = passwords.new_code()
    assert len(code) == 10
    assert not set(code) & set("01IO")
    stored = passwords.hashed_code(code)
    assert code not in stored
    assert stored != passwords.hashed_code(code)  # salted
    for typed in (code, code.lower(), f" {code[:5]}-{code[5:]} ", code.translate(_wide())):
        assert passwords.is_code(stored, typed)
    assert not passwords.is_code(stored, passwords.new_code())
    assert not passwords.is_code(None, code)
    assert not passwords.is_code(stored, "")


def _wide() -> dict[int, int]:
    return {n: n + 0xFEE0 for n in range(0x21, 0x7F)}


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0", "Windows の Edge"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko Firefox/130.0", "Linux の Firefox"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/130.0 Mobile Safari/537.36", "Android の Chrome"),
        ("Mozilla/5.0 (iPhone) AppleWebKit Version/18.0 Safari/604.1", "iPhone の Safari"),
        ("", "わからない端末"),
        (None, "わからない端末"),
    ],
)
def test_devices(agent: str | None, words: str):
    assert devices.device_of(agent) == words


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/city?unit=W11", "/city?unit=W11"),
        ("/board/W11#x", "/board/W11#x"),
        (None, "/"),
        ("", "/"),
        ("https://a.example/", "/"),
        ("//a.example", "/"),
        ("/\\a.example", "/"),
        ("/signin?next=/", "/"),
        ("/a\nb", "/"),
    ],
)
def test_own_paths(target: str | None, path: str):
    assert own_path(target) == path


def test_scopes():
    assert scopes_from("self, unit:read") == {Scope.SELF, Scope.UNIT_READ}
    with pytest.raises(ValueError, match="all"):
        scopes_from("self,all")
    assert has_scope(None, Scope.ADMIN)
    assert has_scope(frozenset({Scope.ADMIN}), Scope.ORG_READ)
    assert not has_scope(frozenset({Scope.SELF}), Scope.ORG_READ)


@pytest.mark.parametrize(
    ("roles", "scopes"),
    [
        (set(), ["self", "unit:read"]),
        ({Role.MEMBER}, ["self", "unit:read"]),
        ({Role.LEAD}, ["self", "unit:read", "unit:write"]),
        ({Role.HR}, ["self", "unit:read", "org:read"]),
        ({Role.ADMIN}, ["self", "unit:read", "org:read", "punch:write", "admin"]),
    ],
)
def test_scopes_of_roles(roles: set[Role], scopes: list[str]):
    assert scopes_of(roles) == scopes
