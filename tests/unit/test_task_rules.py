"""The rules of the task sheet as tables: who may what, what is warned of, how much can be done elsewhere."""

import itertools

import pytest

from webapp.tasks.importing import check
from webapp.tasks.people import Book, Named
from webapp.tasks.rules import Act, Duty, Part, Telework, alone, figures, gap, may

YES, PARTLY, NO = Telework.YES, Telework.PARTLY, Telework.NO
MAIN, SUB = Part.MAIN, Part.SUB


@pytest.mark.parametrize(
    ("act", "leads", "part", "allowed"),
    [
        (Act.ADD, True, None, True),
        (Act.ADD, False, MAIN, True),
        (Act.ADD, False, SUB, True),
        (Act.ADD, False, None, False),
        (Act.EDIT, True, None, True),
        (Act.EDIT, False, MAIN, True),
        (Act.EDIT, False, SUB, True),
        (Act.EDIT, False, None, False),
        (Act.REMOVE, True, None, True),
        (Act.REMOVE, False, MAIN, True),
        (Act.REMOVE, False, SUB, False),
        (Act.REMOVE, False, None, False),
        (Act.ORDER, True, None, True),
        (Act.ORDER, False, MAIN, False),
        (Act.ORDER, False, SUB, False),
        (Act.ORDER, False, None, False),
        (Act.FILE, True, None, True),
        (Act.FILE, False, MAIN, False),
        (Act.FILE, False, SUB, False),
        (Act.FILE, False, None, False),
    ],
)
def test_who_may_what(act: Act, leads: bool, part: Part | None, allowed: bool) -> None:
    assert may(act, leads=leads, part=part) is allowed


def test_who_leads_may_everything() -> None:
    assert all(may(act, leads=True, part=part) for act, part in itertools.product(Act, [None, SUB]))


def duty(number: int, mains: tuple[int, ...], subs: tuple[int, ...] = ()) -> Duty:
    return Duty(number, YES, mains, subs)


@pytest.mark.parametrize(
    ("mains", "subs", "no_main", "no_sub", "gone"),
    [
        ((1,), (2,), False, False, ()),
        ((1,), (), False, True, ()),
        ((), (), True, True, ()),
        ((9,), (2,), True, False, (9,)),  # 異動
        ((1, 9), (2,), False, False, (9,)),
        ((1,), (9,), False, True, (9,)),
    ],
)
def test_what_is_warned_of(
    mains: tuple[int, ...], subs: tuple[int, ...], no_main: bool, no_sub: bool, gone: tuple[int]
) -> None:
    found = gap(duty(1, mains, subs), here={1, 2, 3})
    assert (found.no_main, found.no_sub, found.gone) == (no_main, no_sub, gone)
    assert bool(found) is (no_main or no_sub or bool(gone))


def test_one_person_alone_with_many_tasks() -> None:
    duties = [duty(n, (1,)) for n in range(3)] + [duty(5, (2,)), duty(6, (2,)), duty(7, (3,), (9,))]
    assert alone(duties, here={1, 2, 3}) == {1: 3}
    assert alone([*duties, duty(8, (9,), (2,))], here={1, 2, 3}) == {1: 3, 2: 3}
    assert alone(duties, here={2, 3}) == {}


def test_who_else_can_answer_begins_with_the_substitutes() -> None:
    assert Duty(1, YES, (1, 2), (3, 4)).others(1) == (3, 4, 2)
    assert Duty(1, YES, (1, 2), (3, 4)).others(4) == (3, 1, 2)
    assert Duty(1, YES, (1,), ()).others(1) == ()


@pytest.mark.parametrize(
    ("teleworks", "percent"),
    [([], None), ([YES], 100), ([NO], 0), ([YES, PARTLY, NO, NO], 50), ([PARTLY, NO, NO], 33)],
)
def test_figures(teleworks: list[Telework], percent: int | None) -> None:
    found = figures(Duty(n, each, (), ()) for n, each in enumerate(teleworks))
    assert (found.tasks, found.percent) == (len(teleworks), percent)


# --- people as they are written --------------------------------------------------------------

BOOK = Book(
    [
        Named(1, "101", "石川 美穂"),
        Named(2, "102", "桜井 剛"),
        Named(3, "103", "桜井 剛"),
        Named(4, "104", "河野　優"),
    ],
    [Named(9, "109", "今井 哲也"), Named(10, "110", "石川 美穂")],
)


@pytest.mark.parametrize(
    ("text", "ids", "faults"),
    [
        ("", [], []),
        ("石川美穂", [1], []),  # somebody who has left with the same name does not matter
        ("石川 美穂、河野 優", [1, 4], []),
        ("104,101\n104", [4, 1], []),
        ("今井 哲也", [9], []),
        ("桜井 剛", [], ["「桜井 剛」は2人います"]),
        ("103", [3], []),
        ("桜井剛、102", [2], ["「桜井剛」は2人います"]),
        ("石川 美帆", [], ["「石川 美帆」という人は、この所属にいません"]),
    ],
)
def test_people_as_they_are_written(text: str, ids: list[int], faults: list[str]) -> None:
    found, unknown = BOOK.find(text)
    assert (found, [each.what for each in unknown]) == (ids, faults)


def test_a_slip_of_the_pen_names_who_was_meant() -> None:
    assert BOOK.find("石川 美帆")[1][0].right == "石川 美穂 のことですか"
    assert "102、103" in BOOK.find("桜井 剛")[1][0].right


def test_written_is_read_again() -> None:
    ids = [1, 2, 3, 4, 9, 10]
    assert BOOK.find(BOOK.written(ids)) == (ids, [])


# --- a file ----------------------------------------------------------------------------------

HEAD = "業務名,処理の内容,処理の時期,テレワークの可否,個人情報,説明,主担,副担\n"


def test_every_fault_of_a_file_is_named_in_one_answer() -> None:
    text = HEAD + (
        "証明書,,,だめ,,,石川 美穂,\n"
        ",,,可,,,,\n"
        "証明書,,,可,たぶん,,石川 美穂,石川 美穂\n"
        f"長い{'あ' * 80},,,可,,,桜井 剛,だれか\n"
        "可否なし,,,,,,,\n"
    )
    found = check(text.encode(), "表.csv", [], BOOK, whole=False)
    assert [(fault.line, fault.column) for fault in found.faults] == [
        (2, "テレワークの可否"),
        (3, "業務名"),
        (4, "業務名"),
        (4, "個人情報"),
        (4, "副担"),
        (5, "業務名"),
        (5, "主担"),
        (5, "副担"),
        (6, "テレワークの可否"),
    ]
    assert all(fault.right for fault in found.faults)
    assert not found.may_write


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "何も書かれていません"),
        (HEAD.encode(), "業務が1つもありません"),
        ("内容,時期\na,b\n".encode(), "見出し「業務名」がありません"),
        (b"PK\x03\x04broken", "Excel のファイルとして読み取れませんでした"),
        (b"\xff\xfe\x00", "見出し「業務名」がありません"),
    ],
)
def test_files_that_are_none(content: bytes, what: str) -> None:
    found = check(content, "表.csv", [], BOOK, whole=True)
    assert found.faults
    assert not found.may_write
    assert any(what in fault.what for fault in found.faults) or content == b"\xff\xfe\x00"


def test_a_pasted_table_and_shift_jis() -> None:
    pasted = "業務名\tテレワーク\t担当者\n証明書\t×\t101、河野優\n"
    for content in (pasted.encode(), pasted.encode("cp932")):
        found = check(content, "貼り付けた表", [], BOOK, whole=False)
        assert found.faults == []
        (new,) = found.new
        assert (new.wanted.name, new.wanted.telework, new.wanted.mains) == ("証明書", NO, (1, 4))
