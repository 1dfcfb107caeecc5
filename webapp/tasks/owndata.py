"""What the task sheet says of a person, for their own page."""

from typing import Any

from webapp.accounts import owndata
from webapp.org import queries as org
from webapp.tasks import queries
from webapp.tasks.rules import PART_WORDS, Part


def tasks(staff_id: int) -> list[dict[str, Any] | str]:
    tree = org.current_tree()
    rows = []
    for task in queries.tasks_of(staff_id):
        unit = tree.by_id(task.unit_id)
        part = Part.MAIN if staff_id in queries.people_of(task, Part.MAIN) else Part.SUB
        rows.append(
            {"所属": unit.name if unit else "", "業務名": task.name, "担当": PART_WORDS[part]}
        )
    return list(rows)


owndata.register("担当業務", tasks)
