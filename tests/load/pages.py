"""What a browser that has never been here fetches for a page: the page, its styles, scripts and pictures, each once."""

import gzip
import re
import urllib.request
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

LINKS = {"stylesheet", "icon", "manifest", "modulepreload", "preload"}
IN_CSS = re.compile(r"""@import\s+["']([^"']+)["']|url\(\s*["']?([^"')]+)["']?\s*\)""")
# import … from "x"; import "x"; export … from "x"; import("x") is fetched when it is needed, so not here
IN_JS = re.compile(
    r"""^\s*(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']""",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Fetched:
    kind: str
    body: bytes

    @property
    def zipped(self) -> int:
        return min(len(self.body), len(gzip.compress(self.body, 6)))


class _Needs(HTMLParser):
    """Addresses that a page makes the browser fetch by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "link" and LINKS & set(of.get("rel", "").split()):
            self.found.append(of.get("href", ""))
        elif tag in ("script", "img", "source"):
            self.found.append(of.get("src", ""))
        elif tag == "use":
            self.found.append(of.get("href", "") or of.get("xlink:href", ""))


def load(url: str, cookie: str) -> dict[str, Fetched]:
    """{address: what came}, the page itself first. Raises for an answer that is no success."""
    found: dict[str, Fetched] = {}
    waiting = [url]
    while waiting:
        address = waiting.pop(0)
        if address in found:
            continue
        fetched = found[address] = _fetch(address, cookie)
        for needed in _needs(fetched):
            whole = urldefrag(urljoin(address, needed)).url
            if urlsplit(whole).netloc == urlsplit(url).netloc and whole != url:
                waiting.append(whole)
    return found


def _fetch(address: str, cookie: str) -> Fetched:
    request = urllib.request.Request(address, headers={"Cookie": cookie, "Accept": "text/html,*/*"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        if answer.geturl() != address:
            raise RuntimeError(f"{address} sends on to {answer.geturl()}")
        return Fetched(answer.headers.get_content_type(), answer.read())


def _needs(fetched: Fetched) -> list[str]:
    if fetched.kind == "text/html":
        page = _Needs()
        page.feed(fetched.body.decode())
        found = page.found
    elif fetched.kind == "text/css":
        found = ["".join(groups) for groups in IN_CSS.findall(fetched.body.decode())]
    elif "javascript" in fetched.kind:
        found = ["".join(groups) for groups in IN_JS.findall(fetched.body.decode())]
    else:
        found = []
    return [address for address in found if address and not address.startswith(("data:", "#"))]
