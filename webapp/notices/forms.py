"""What is sent about notices."""

from typing import Annotated

from pydantic import Field

from webapp.core.parse import Body

MOST = 200
LARGEST_ID = 2**31 - 1

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class IdsBody(Body):
    """ids None = all of them, where that makes sense."""

    ids: Annotated[list[Id], Field(max_length=MOST)] | None = None


def ids_of(texts: list[str]) -> list[int]:
    """The ticked or hidden ids of a plain form; what is no id is left out."""
    return [
        int(text)
        for text in texts[:MOST]
        if text.isascii() and text.isdigit() and int(text[:11]) <= LARGEST_ID
    ]
