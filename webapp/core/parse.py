"""Reading a request body (JSON or form) into a typed model, with a message in Japanese at each faulty field."""

from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import BadRequest as WerkzeugBadRequest

from webapp.core.refusals import BadRequest, RuleBroken


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused, so that a typing error does not pass silently."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class FormBody(Body):
    """A browser's form: carries the CSRF token too, and sends nothing as an empty string."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


M = TypeVar("M", bound=BaseModel)

_MESSAGES = {
    "missing": "入力してください",
    "extra_forbidden": "この項目はありません",
    "string_type": "文字で入力してください",
    "string_too_long": "{max_length}文字以内で入力してください",
    "string_too_short": "{min_length}文字以上で入力してください",
    "string_pattern_mismatch": "形式が違います",
    "int_parsing": "整数で入力してください",
    "int_type": "整数で入力してください",
    "bool_type": "true か false で入力してください",
    "bool_parsing": "true か false で入力してください",
    "enum": "{expected} のどれかにしてください",
    "literal_error": "{expected} のどれかにしてください",
    "datetime_parsing": "日時の形式が違います（例 2026-11-24T10:30:00+09:00）",
    "datetime_from_date_parsing": "日時の形式が違います（例 2026-11-24T10:30:00+09:00）",
    "datetime_type": "日時の形式が違います（例 2026-11-24T10:30:00+09:00）",
    "timezone_aware": "時差を付けてください（例 +09:00）",
    "date_from_datetime_parsing": "日付の形式が違います（例 2026-11-24）",
    "date_parsing": "日付の形式が違います（例 2026-11-24）",
    "list_type": "配列で入力してください",
    "dict_type": "オブジェクトで入力してください",
    "too_long": "{max_length}件以内にしてください",
    "greater_than_equal": "{ge} 以上にしてください",
    "less_than_equal": "{le} 以下にしてください",
}


LARGEST_CALL = 256 * 1024  # bytes
IMPORTS = frozenset({"api.import_punches"})


def limit_size() -> None:
    """Parsing holds the loop, and only imports carry much."""
    if request.path.startswith("/api/") and request.endpoint not in IMPORTS:
        request.max_content_length = LARGEST_CALL


def refuse_nul() -> None:
    """Before every request: no text of anybody has a NUL, and PostgreSQL cannot store one."""
    in_address = "\0" in request.path or any("\0" in text for text in request.args.values())
    is_form = request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}
    if in_address or (is_form and any("\0" in text for text in request.form.values())):
        raise BadRequest("使えない文字が含まれています。")
    if request.is_json and b"\\u0000" in request.get_data():
        raise BadRequest("使えない文字が含まれています。")


def body_json() -> Any:
    """The body as JSON. 400 when it is none, or nested without end."""
    try:
        return request.get_json(force=request.mimetype != "application/x-www-form-urlencoded")
    except (WerkzeugBadRequest, RecursionError):
        raise BadRequest("JSON として読み取れませんでした。") from None


def valid_or_422(model: type[M]) -> M:
    """The body as `model`. 400 if it is no JSON object; RuleBroken (422) naming every faulty field."""
    if request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return valid(model, {key: text for key, text in request.form.items() if text != ""})
    content = body_json()
    if not isinstance(content, dict):
        raise BadRequest("JSON のオブジェクトで送ってください。")
    return valid(model, content)


def valid(model: type[M], content: dict[str, Any]) -> M:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        fields = {_place(fault["loc"]): message_of(dict(fault)) for fault in error.errors()}
        raise RuleBroken("入力内容を確かめてください。", fields) from None


def _place(location: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in location) or "body"


def message_of(fault: dict[str, Any]) -> str:
    context = fault.get("ctx") or {}
    if fault["type"] == "value_error":
        return str(context.get("error", fault["msg"]))
    template = _MESSAGES.get(fault["type"])
    return template.format(**context) if template else str(fault["msg"])
