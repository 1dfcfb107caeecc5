"""Names of rooms: one room per unit and audience, so nothing private leaks."""


def room(unit_code: str, audience: str) -> str:
    """audience: the form of a row (full, directory), "counts", "leads" (who leads the unit), or "person" (one's
    own pages; then the code is the staff number)."""
    return f"{unit_code}:{audience}"
