"""Pages of 取次メモ and 質問箱. Plain forms; the script only makes them quicker."""

from webapp.messages import memo_pages as _memos  # noqa: F401 its routes join the blueprint
from webapp.messages import question_pages as _questions  # noqa: F401
from webapp.messages.blueprint import bp

__all__ = ["bp"]
