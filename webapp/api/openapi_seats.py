"""The part of seats and loans of the OpenAPI document."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from webapp.seats.forms import LoanBody, SeatBody

BODIES: tuple[type[BaseModel], ...] = (LoanBody, SeatBody)
SELF, WRITE = "self", "unit:write"


def seat_paths(call: Callable[..., dict[str, Any]], named: Callable[..., Any]) -> dict[str, Any]:
    """call, named: how openapi.py writes an operation and a parameter."""
    time = [named(name, "query", required=False) for name in ("day", "start", "end")]
    loaned = [*time, named("last_day", "query", required=False)]
    one = [named("booking_id")]

    def post(text: str, scope: str = SELF, body: type[BaseModel] | None = None, **more: Any) -> Any:
        return {"post": call(text, scope, body=body, **more)}

    seat, loan = "/seats/bookings/{booking_id}", "/loans/bookings/{booking_id}"
    return {
        "/seats": {"get": call("sites and their seats at a time", SELF, parameters=time)},
        "/loans": {
            "get": call("what one may borrow, and how many are free", SELF, parameters=loaned)
        },
        "/me/bookings": {"get": call("one's own seats and loans to come", SELF)},
        "/seats/bookings": post(
            "book a seat; staff: a colleague of one's 係 (unit:write). 409 with `nearest`: the free "
            "seats nearest to it",
            body=SeatBody,
        ),
        f"{seat}/cancel": post("give a seat up; in use: free from now on", parameters=one),
        f"{seat}/restore": post("take a cancelling back, within a minute", parameters=one),
        "/loans/bookings": post("book a thing or a line of a pool; 409 = none left", body=LoanBody),
        f"{loan}/cancel": post("give a loan up before it is handed over", parameters=one),
        f"{loan}/restore": post("take a cancelling back, within a minute", parameters=one),
        f"{loan}/hand-over": post("handed over, by who keeps it", WRITE, parameters=one),
        f"{loan}/take-back": post("brought back, by who keeps it", WRITE, parameters=one),
    }
