"""Refusals: what a person reads when something cannot be done. Raised anywhere, answered by `webapp.errors`."""


class Refusal(Exception):
    status = 400
    code = "bad_request"

    def __init__(self, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}


class BadRequest(Refusal):
    """400: the call itself is incomplete (a missing header, unreadable JSON)."""


class RuleBroken(Refusal):
    """422: understood, but a rule or a field is broken; `fields` says which and what would be right."""

    status, code = 422, "unprocessable"


class NotSignedIn(Refusal):
    status, code = 401, "unauthorized"

    def __init__(self, message: str = "サインインしてください。") -> None:
        super().__init__(message)


class NotAllowed(Refusal):
    status, code = 403, "forbidden"

    def __init__(self, message: str = "この操作は許可されていません。") -> None:
        super().__init__(message)


class NotFound(Refusal):
    """404: not there, or not for this person to know that it is there."""

    status, code = 404, "not_found"

    def __init__(self, message: str = "見つかりません。") -> None:
        super().__init__(message)


class Conflict(Refusal):
    """409: somebody else was first; the caller gets the fresh state."""

    status, code = 409, "conflict"


class TooMany(Refusal):
    status, code = 429, "too_many"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
