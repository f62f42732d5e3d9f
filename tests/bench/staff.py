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
SURNAMES = dict(
    pair.split()
    for pair in (
        *("王 wang", "李 li", "张 zhang", "刘 liu", "陈 chen", "杨 yang", "赵 zhao", "黄 huang", "周 zhou", "吴 wu", "徐 xu", "孙 sun"),
        *("胡 hu", "朱 zhu", "高 gao", "林 lin", "何 he", "郭 guo", "马 ma", "罗 luo", "梁 liang", "宋 song", "郑 zheng", "谢 xie"),
        *("韩 han", "唐 tang", "冯 feng", "于 yu", "董 dong", "萧 xiao", "程 cheng", "曹 cao", "袁 yuan", "邓 deng", "许 xu", "傅 fu"),
        *("沈 shen", "曾 zeng", "彭 peng", "吕 lv", "苏 su", "卢 lu", "蒋 jiang", "蔡 cai", "贾 jia", "丁 ding", "魏 wei", "薛 xue"),
        *("单 shan", "仇 qiu", "解 xie", "盖 gai", "查 zha", "欧阳 ouyang", "司马 sima", "上官 shangguan", "尉迟 yuchi"),
    )
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
    *("wang77", "zhang12345", "zhou4", "li1234@example.com", "chen99"),
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
    surnames = list(SURNAMES)
    for _ in range(count):
        yield draw.choice(surnames) + "".join(draw.choices(GIVEN, k=draw.choice((1, 2, 2, 2))))


def phone(nth: int) -> str:
    return f"138{nth:08d}"


def mail(nth: int, name: str) -> str:
    """As companies make them: the surname's pinyin, and a number."""
    return f"{next(pinyin for surname, pinyin in SURNAMES.items() if name.startswith(surname))}{nth}@example.com"


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
        yield name, f"{nth:06d}", path, "工程师", phone(20_000_000 + nth), mail(1_000_000 + nth, name), "女" if nth % 2 else "男"
