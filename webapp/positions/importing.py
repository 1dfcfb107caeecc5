"""Taking in positions, demand and skills: by command, at the administration, and on the page of a unit."""

from webapp.org import importing
from webapp.positions.import_demand import check_demand
from webapp.positions.import_positions import check_positions
from webapp.positions.import_skills import check_skills

KINDS = {"positions": "持ち場", "demand": "必要数", "skills": "技能と個別の設定"}

for _kind, _check in (
    ("positions", check_positions),
    ("demand", check_demand),
    ("skills", check_skills),
):
    importing.register(_kind, KINDS[_kind], _check)
