"""What the demo company consists of: its units, people, and what they said over the last days. Data alone, nothing is decided here."""

from typing import NamedTuple

COMPANY = "yunfan"
NAME = "云帆科技 Yunfan Technology"
SHORT_NAME = "云帆科技"
SEATS = 100
FIRST_NUMBER = 10001


class Unit(NamedTuple):
    """``under``: the key of the unit above; empty for the company's root."""

    key: str
    name: str
    under: str = ""


class Person(NamedTuple):
    """``role``: the kind of the role that he has instead of an ordinary member's."""

    key: str
    name: str
    job_title: str
    unit: str
    role: str = ""


class Line(NamedTuple):
    """Something that ``who`` says ``after`` minutes (and some seconds) since the line before.

    ``reply_to``: the line of the same talk, counted from 1. ``reactions``: (who, emoji). ``edited`` is what it says in the end.
    """

    who: str
    text: str
    after: int = 2
    reply_to: int = 0
    mentions: tuple[str, ...] = ()
    reactions: tuple[tuple[str, str], ...] = ()
    edited: str = ""
    recalled: bool = False
    pinned: bool = False
    rich: bool = False


class Talk(NamedTuple):
    """A conversation: direct where it has no ``name``. The first of ``people`` opened it, ``unread`` have not looked yet."""

    people: tuple[str, ...]
    hours_ago: float
    lines: tuple[Line, ...]
    name: str = ""
    unread: tuple[str, ...] = ()


LOGINS = ("lina", "wangwei", "emma", "xiemei")
"""Those who have a password of their own, which is shown at the start; all others share one."""

UNITS = (
    Unit("product", "产品研发中心 Product & Engineering"),
    Unit("server", "服务端组 Server", "product"),
    Unit("apps", "客户端组 Apps", "product"),
    Unit("design", "设计组 Design", "product"),
    Unit("sales", "市场销售部 Sales & Marketing"),
    Unit("care", "客户成功部 Customer Care"),
    Unit("office", "行政人事部 People & Office"),
    Unit("berlin", "柏林办事处 Berlin Office"),
)

PEOPLE = (
    Person("lina", "李娜", "产品总监", "product"),
    Person("wangwei", "王伟", "服务端负责人", "server"),
    Person("emma", "Emma Clarke", "Head of Berlin Office", "berlin"),
    Person("xiemei", "谢梅", "人事经理", "office", role="company_administrator"),
    Person("zhangmin", "张敏", "项目经理", "product"),
    Person("liuyang", "刘洋", "架构师", "product"),
    Person("chenjing", "陈静", "测试负责人", "product"),
    Person("yangfan", "杨帆", "服务端工程师", "server"),
    Person("zhaolei", "赵磊", "服务端工程师", "server"),
    Person("huangting", "黄婷", "数据库工程师", "server"),
    Person("david", "David Okafor", "Site Reliability Engineer", "server"),
    Person("zhoujie", "周杰", "服务端工程师", "server"),
    Person("wuqian", "吴倩", "客户端负责人", "apps"),
    Person("xuhao", "徐浩", "iOS 工程师", "apps"),
    Person("sunyue", "孙悦", "Android 工程师", "apps"),
    Person("maria", "María López", "Web Engineer", "apps"),
    Person("zhuling", "朱玲", "Web 工程师", "apps"),
    Person("huxin", "胡鑫", "测试工程师", "apps"),
    Person("guolin", "郭琳", "设计负责人", "design"),
    Person("heyu", "何宇", "交互设计师", "design"),
    Person("yuki", "Yuki Tanaka", "Visual Designer", "design"),
    Person("luosha", "罗莎", "文案", "design"),
    Person("gaofeng", "高峰", "销售总监", "sales"),
    Person("linxi", "林夕", "市场经理", "sales"),
    Person("tangkai", "唐凯", "大客户经理", "sales"),
    Person("songjia", "宋佳", "渠道经理", "sales"),
    Person("james", "James Whitfield", "Partner Manager", "sales"),
    Person("xiaohan", "肖涵", "品牌专员", "sales"),
    Person("dengli", "邓丽", "客户成功负责人", "care"),
    Person("caoyi", "曹毅", "技术支持", "care"),
    Person("pengbo", "彭博", "技术支持", "care"),
    Person("zengqi", "曾琪", "客服专员", "care"),
    Person("olivia", "Olivia Brown", "Support Engineer", "care"),
    Person("panlong", "潘龙", "行政主管", "office"),
    Person("dongxue", "董雪", "财务", "office"),
    Person("yuanye", "袁野", "法务", "office"),
    Person("jonas", "Jonas Weber", "Solutions Engineer", "berlin"),
    Person("aisha", "Aisha Rahman", "Account Executive", "berlin"),
    Person("lukas", "Lukas Schneider", "Solutions Engineer", "berlin"),
    Person("sofia", "Sofia Rossi", "Office Manager", "berlin"),
)

EVERYBODY = tuple(person.key for person in PEOPLE)

TALKS = (
    Talk(
        EVERYBODY,
        100,
        (
            Line("xiemei", "各位同事:本周五下午三点在四楼大会议室开全员会,柏林的同事请线上参加。", pinned=True),
            Line("xiemei", "All hands this Friday, 15:00 in Shanghai, 9:00 in Berlin. The link is in the calendar.", 1),
            Line("emma", "Berlin will be there. Good morning from the river!", 34, reactions=(("lina", "👋"), ("xiemei", "🎉"))),
            Line("panlong", "会议室的投影今天换了新的,大家试试看清不清楚。", 95),
            Line(
                "gaofeng",
                "上个季度的新签客户数出来了,周五我给大家讲。",
                600,
                reactions=(("lina", "👏"), ("tangkai", "👏"), ("dengli", "💪")),
            ),
            Line(
                "sofia", "Parcels for the Berlin kitchen: whoever ordered 12 kg of coffee, thank you.", 1500, reactions=(("jonas", "☕"),)
            ),
        ),
        name="全员 Everyone",
        unread=("wangwei", "yuki", "zengqi", "pengbo"),
    ),
    Talk(
        ("zhangmin", "lina", "wangwei", "emma", "liuyang", "chenjing", "wuqian", "guolin", "maria", "david"),
        76,
        (
            Line("zhangmin", "春季版本的范围定了:群公告、离线文件、组织架构搜索。", 3, pinned=True),
            Line(
                "zhangmin",
                "**Spring release**\n\n- notice board\n- offline files\n- search in the tree\n\n*Code freeze:* in two weeks",
                1,
                rich=True,
            ),
            Line("lina", "搜索先做拼音和首字母,别的往后放。", 12, reactions=(("zhangmin", "👌"),)),
            Line("emma", "Our customers ask for the notice board first. Can it come before search?", 55),
            Line("lina", "Yes. The notice board is the smaller one, let us begin with it.", 9, reply_to=4, reactions=(("emma", "🙏"),)),
            Line("wangwei", "服务端没问题,接口这周能给。", 20, mentions=("wuqian",)),
            Line("wuqian", "收到,我们先把界面搭起来。", 6),
            Line("chenjing", "测试环境明天重装,下午两点到三点不可用。", 240, edited="测试环境明天重装,下午两点到四点不可用。"),
            Line("maria", "Which browsers do we promise? I would drop everything older than two years.", 700),
            Line("chenjing", "同意,我来更新兼容性列表。", 15, reply_to=9, reactions=(("maria", "👍"),)),
            Line(
                "david",
                "Load test on the new build: p99 at 21 ms with 5,000 messages a second. Looks good.",
                1300,
                reactions=(("wangwei", "🚀"),),
            ),
            Line("guolin", "新图标放在设计盘里了,请大家看看颜色。", 45),
        ),
        name="春季版本 Spring release",
        unread=("lina", "liuyang"),
    ),
    Talk(
        ("wangwei", "yangfan", "zhaolei", "huangting", "david", "zhoujie", "liuyang"),
        52,
        (
            Line("huangting", "昨晚备库延迟了四秒,原因是导出任务跑在主库上,已经挪走。", 4),
            Line("wangwei", "辛苦!以后导出一律走备库。", 3, reactions=(("huangting", "👌"),)),
            Line("david", "I added an alert: standby more than 2 s behind for a minute.", 18),
            Line("yangfan", "密码先发我一下", 130, recalled=True),
            Line("yangfan", "不好意思,发错群了。", 1, reactions=(("zhaolei", "😄"),)),
            Line("zhaolei", "重连的压测脚本写好了,两千个连接八秒全部回来。", 260),
            Line("zhoujie", "那个偶发的超时找到了:Nagle 没关。", 1100, reactions=(("wangwei", "👍"), ("david", "👍"), ("liuyang", "🔍"))),
            Line("wangwei", "漂亮,写进排错手册吧。", 7, reply_to=7, mentions=("zhoujie",)),
        ),
        name="服务端组",
        unread=("liuyang",),
    ),
    Talk(
        ("emma", "jonas", "aisha", "lukas", "sofia"),
        47,
        (
            Line("emma", "Two visits this week: Hansa Logistik on Wednesday, the city library on Thursday.", 3),
            Line("jonas", "I take the library. They want everything on their own machines.", 11, reactions=(("emma", "💚"),)),
            Line("aisha", "Hansa asked for seats for 2,300 people. Proposal goes out tonight.", 160),
            Line("lukas", "The demo runs on my laptop, also without a network.", 35, reactions=(("aisha", "🎯"), ("emma", "🎯"))),
            Line("sofia", "Lunch on Thursday: dumplings or pizza?", 1300),
            Line("jonas", "Dumplings.", 2, reply_to=5),
            Line("lukas", "Dumplings!", 1, reply_to=5),
        ),
        name="Berlin",
    ),
    Talk(
        ("dengli", "caoyi", "pengbo", "zengqi", "olivia", "wangwei", "sunyue"),
        28,
        (
            Line("caoyi", "有客户反馈安卓上收不到提醒,机型是两年前的。", 5, mentions=("sunyue",)),
            Line("sunyue", "省电策略的问题,我写个说明发给你们。", 22),
            Line("olivia", "Same from a customer in Leeds. I will use your note, thanks!", 40, reply_to=2),
            Line("sunyue", "设置 → 电池 → 不限制。图文版下午给。", 18, reactions=(("caoyi", "🙏"), ("olivia", "🙏"))),
            Line("dengli", "本周满意度 96%,大家辛苦了。", 500, reactions=(("zengqi", "🎉"), ("pengbo", "🎉"))),
        ),
        name="客户问题 Customer cases",
        unread=("wangwei",),
    ),
    Talk(
        ("linxi", "lina", "guolin", "luosha", "heyu", "xiaohan", "yuki"),
        26,
        (
            Line("linxi", "展会的海报周四要送印,文案定了吗?", 3),
            Line("luosha", "定了:“消息到了,就不会丢。”", 14, reactions=(("linxi", "❤️"), ("lina", "❤️"))),
            Line("yuki", "I made three versions, the blue one prints best.", 90),
            Line("heyu", "蓝色的那版好看。", 4, reply_to=3),
            Line("xiaohan", "我这边也选蓝色,下午去印厂打样。", 130),
        ),
        name="展会 Trade fair",
        unread=("lina",),
    ),
    Talk(
        ("panlong", "lina", "wangwei", "chenjing", "heyu", "dongxue", "songjia", "xuhao", "zhuling"),
        0.6,
        (
            Line("panlong", "中午吃什么?楼下新开了一家兰州拉面。", 2),
            Line("xuhao", "+1", 1),
            Line("dongxue", "我带饭了,下次一起。", 3),
            Line("songjia", "拉面走起,十二点电梯口见。", 2, reactions=(("xuhao", "🍜"), ("zhuling", "🍜"))),
            Line("chenjing", "给我占个座,会开完就来。", 6, reply_to=4),
        ),
        name="午饭 Lunch",
    ),
    Talk(
        ("wangwei", "lina"),
        50,
        (
            Line("wangwei", "李娜,群公告的接口文档写好了,你有空看一下。", 1),
            Line("lina", "好的,下午看。字数上限定多少?", 8),
            Line("wangwei", "先按一千字,超了给明确的错误。", 2, reply_to=2),
            Line("lina", "可以 👍", 1),
            Line("lina", "看完了,写得很清楚。第三节的例子再补一个英文的吧。", 260, reactions=(("wangwei", "👌"),)),
            Line("wangwei", "补好了。周五的全员会你讲还是我讲?", 1290),
            Line("wangwei", "另外新来的实习生下周一到岗,工位在你们那边。", 3),
        ),
        unread=("lina",),
    ),
    Talk(
        ("emma", "lina"),
        31,
        (
            Line("emma", "Hi Li Na, do you have ten minutes this week for the Hansa proposal?", 1),
            Line("lina", "Sure. Tomorrow 16:00 your time?", 25),
            Line("emma", "Perfect. I will bring their list of questions.", 3, reply_to=2, reactions=(("lina", "👍"),)),
            Line("lina", "One thing ahead: the archive can be checked without us, they will ask for it.", 40),
            Line("emma", "They already did :) It is question number one.", 5, reactions=(("lina", "😄"),)),
            Line("emma", "Sent you the list. Number 7 is the hard one.", 700),
        ),
        unread=("lina",),
    ),
    Talk(
        ("lina", "zhangmin"),
        27,
        (
            Line("lina", "张敏,春季版本的排期表能发我一份吗?", 1),
            Line("zhangmin", "马上。", 4),
            Line("zhangmin", "已经放在项目盘了,链接见群置顶。", 6),
            Line("lina", "看到了,谢谢!", 3, reactions=(("zhangmin", "🌟"),)),
        ),
    ),
    Talk(
        ("david", "wangwei"),
        20,
        (
            Line("david", "王伟, the new machines arrive on Thursday. Rack 3 or rack 5?", 1),
            Line("wangwei", "Rack 5, it has the second power line.", 12),
            Line("david", "OK, I will label them tonight.", 2),
            Line("wangwei", "谢谢 David!", 1, reactions=(("david", "🙌"),)),
            Line("david", "Done: 42 cables, 0 mistakes (so far).", 320),
        ),
        unread=("wangwei",),
    ),
    Talk(
        ("emma", "james"),
        18,
        (
            Line("james", "Emma, could Jonas join my call with the partner in Vienna?", 1),
            Line("emma", "Ask him, he likes Vienna.", 6, reactions=(("james", "😄"),)),
            Line("james", "He does. Thursday 11:00, you are welcome too.", 50),
        ),
        unread=("emma",),
    ),
    Talk(
        ("guolin", "yuki"),
        9,
        (
            Line("guolin", "Yuki,蓝色那版的源文件请发我。", 1),
            Line("yuki", "Here it is, with the fonts outlined.", 7),
            Line("guolin", "收到,谢谢!", 2),
        ),
    ),
    Talk(
        ("lina", "lina"),
        6,
        (Line("lina", "周五全员会:1. 春季版本 2. 客户故事 3. 提问 Q&A", 1),),
    ),
)
