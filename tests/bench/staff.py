"""Who works in the companies of the organisation's scenarios: names, units, a workbook's rows, what is searched for. Shapes, no I/O.

People stand in the units of the lowest level in turn, so a person's unit follows from his place. Of the company that is searched every
``HIDDEN_EACH``-th is hidden, and so is the whole of its last branch; half of its searchers may see one branch alone.
"""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

PASSWORD = "correct horse 42"
HIDDEN_EACH = 50
SEARCHERS = 40
SURNAMES = (
    *("王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马", "罗"),
    *("梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹", "袁", "邓", "许", "傅", "沈", "曾", "彭", "吕"),
    *("苏", "卢", "蒋", "蔡", "贾", "丁", "魏", "薛", "叶", "阎", "余", "潘", "杜", "戴", "夏", "钟", "汪", "田", "任", "姜"),
    *("单", "仇", "解", "曲", "盖", "查", "欧阳", "司马", "上官", "尉迟"),
)
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰飞红建国文斌鹏辉健宁浩宇晨欣怡梓涵子轩雨泽一诺思远佳琪乐长安若曦"
QUERIES = (
    *("王", "张伟", "李娜", "欧阳", "单", "仇", "司马"),
    *("wang", "zhangwei", "linahua", "ouyang", "shan", "qiu", "zhang", "chenxin", "yuchi", "liuyang"),
    *("zs", "zw", "ln", "wxm", "lh", "oy", "z", "w"),
    *("zhangs", "zhangw", "lina", "chenj", "wangx", "liuy", "x"),
    *("张w", "王xin", "李s", "陈jie", "张s", "赵q", "欧阳f"),
    *("500017", "5123", "50999", "599999", "500"),
    *("4711", "0815", "000", "9999", "13800012345"),
    *("user77", "user12345", "user", "1234@example.com", "user99"),
    *("qqqq", "某某某", "zzzzzzzz"),
)


class Shape(NamedTuple):
    """A company. ``levels``: how many units each unit of the level above has; the first level lies under the root."""

    number: str
    people: int
    levels: tuple[int, ...]
    first_number: int
    seats: int

    @property
    def leaves(self) -> int:
        count = 1
        for each in self.levels:
            count *= each
        return count


STAFF = Shape("staff", 30_000, (12, 8, 5), 1_000_001, 40_000)
TREE = Shape("tree", 1_000, (8, 5), 2_000_001, 2_000)
SEARCHED = Shape("searched", 100_000, (10, 10, 10), 500_001, 120_000)
NEWCOMERS = Shape("newcomers", 0, (), 3_000_001, 40_000)
SHAPES = (STAFF, TREE, SEARCHED, NEWCOMERS)
IMPORTED = 30_000
IMPORTED_UNITS = 400
HEADS = ("姓名", "工号", "组织", "职务", "手机", "邮箱", "性别")


def names(count: int, draw: random.Random) -> Iterator[str]:
    for _ in range(count):
        yield draw.choice(SURNAMES) + "".join(draw.choices(GIVEN, k=draw.choice((1, 2, 2, 2))))


def phone(nth: int) -> str:
    return f"138{nth:08d}"


def mail(nth: int) -> str:
    return f"user{nth}@example.com"


def is_concealed(nth: int) -> bool:
    """Whether nobody of the searched company may find the ``nth`` of it."""
    return nth % HIDDEN_EACH == 0 or branch(nth) == SEARCHED.levels[0] - 1


def branch(nth: int) -> int:
    """Of the searched company."""
    return nth % SEARCHED.leaves // (SEARCHED.leaves // SEARCHED.levels[0])


def searchers() -> list[tuple[int, int | None]]:
    """(place, the branch that alone he sees or None); none of them is concealed."""
    free = (nth for nth in range(SEARCHED.people) if not is_concealed(nth))
    places = [next(free) for _ in range(SEARCHERS)]
    return [(nth, None if count % 2 else count // 2 % (SEARCHED.levels[0] - 1)) for count, nth in enumerate(places)]


def roster(rows: int, root: str) -> Iterator[Sequence[str]]:
    """The workbook of the import: heads, then people in new units."""
    draw = random.Random(30_000)
    yield HEADS
    for nth, name in enumerate(names(rows, draw)):
        unit = nth % IMPORTED_UNITS
        path = f"{root} / 大区{unit // 40 + 1} / 部门{unit + 1}"
        yield name, f"{nth:06d}", path, "工程师", phone(20_000_000 + nth), mail(1_000_000 + nth), "女" if nth % 2 else "男"
