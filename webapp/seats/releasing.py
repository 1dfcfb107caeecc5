"""What is given free without anybody having cancelled it. Inside a transaction."""

from datetime import datetime

from webapp.seats import loans, service


def release_of_request(request_id: int, *, now: datetime) -> int:
    """A request was refused, sent back or withdrawn: its seats and loans still to come are free again.

    What is handed over already stays out until it is brought back. Returns how many bookings were released.
    """
    seats = service.release_seats_of_request(request_id, now=now)
    return seats + loans.release_loans_of_request(request_id, now=now)
