"""Which passwords may be chosen. Pure."""

import unicodedata
from collections.abc import Iterable

LONGEST = 128
# What is tried first everywhere, also as part of a longer word with figures behind it.
_COMMON = """
password passw0rd p@ssword p@ssw0rd passpass pass qwerty qwertyui qwertyuiop asdfgh asdfghjk
asdfghjkl zxcvbn zxcvbnm 1qaz2wsx 1qazxsw2 qazwsx qazwsxedc q1w2e3r4 q1w2e3r4t5 1q2w3e4r
1q2w3e4r5t zaq12wsx abc abcd abcdef abcdefg abcdefgh abcabc abcd1234 abc123 a1b2c3d4 aa123456
admin administrator root guest user test testtest demo login letmein welcome iloveyou sunshine
princess dragon monkey football baseball sakura himawari arigato konnichiwa japan nippon nihon
tokyo fuji doraemon pokemon pikachu zaiseki shiyakusho yakuba kuyakusho shokuin jimuin secret
changeme default master superman batman trustno1 whatever michael shadow hello computer internet
windows microsoft google
"""
COMMON = frozenset(_COMMON.split())
_ROWS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def fault_of(password: str, *, minimum: int, about: Iterable[str] = ()) -> str | None:
    """What is wrong with a password, None if nothing. `about`: number, name and kana of the person."""
    plain = unicodedata.normalize("NFKC", password)
    if len(plain) < minimum:
        return f"{minimum}文字以上にしてください。いまは{len(plain)}文字です"
    if len(plain) > LONGEST:
        return f"{LONGEST}文字以内にしてください"
    if _holds_own_words(plain, about):
        return "職員番号や氏名の入ったものは使えません"
    if _is_common(plain.lower()):
        return (
            "よく使われるものや並びの単純なものは使えません。関係のない言葉をいくつか並べてください"
        )
    return None


def _holds_own_words(plain: str, about: Iterable[str]) -> bool:
    squeezed = _squeezed(plain)
    words = {_squeezed(part) for text in about for part in (text, *text.split())}
    if squeezed in words:
        return True
    return any(len(word) >= 3 and word in squeezed for word in words)


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def _is_common(plain: str) -> bool:
    letters = plain.strip("0123456789!?._-#@$%&*+ ")
    if plain in COMMON or letters in COMMON or (plain.isdigit() and len(plain) < 12):
        return True
    return len(set(plain)) < 4 or _is_run(plain)


def _is_run(plain: str) -> bool:
    """「12345678」「hgfedcba」: keys or letters in their order."""
    rows = [row * 2 for row in _ROWS]
    return any(plain in row or plain[::-1] in row for row in rows)
