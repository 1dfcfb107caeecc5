"""Names of rooms: one room per unit and audience, so nothing private leaks."""


def room(unit_code: str, audience: str) -> str:
    """audience: the form of a row (full, directory), or "counts"."""
    return f"{unit_code}:{audience}"
