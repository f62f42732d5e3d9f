"""How characters are read in names, where that differs from how they are read elsewhere (SPEC B3, B8).

Each table gives readings and the characters that have them. The first reading is the usual one and decides the order; the others are
found by search. What stands in no table is read as the dictionary's first reading says.
"""


def _by_character(readings: dict[str, str]) -> dict[str, str]:
    return {one: reading for reading, characters in readings.items() for one in characters}


# single characters at the beginning of a name
SURNAMES = _by_character(
    {
        "a e": "阿", "bai bo": "柏", "ben": "賁", "bi mi": "秘祕", "bo": "薄", "bu": "卜", "chang": "长長", "chen shen": "谌諶",
        "chong": "种重", "du": "都", "fei bi": "费費", "fo": "佛", "ge gai": "盖蓋", "ge he": "合", "gou": "句", "gui hui": "会",
        "gui jiong": "炅", "gui que": "炔", "han qian": "撖", "he hei": "黑", "huan": "还", "juan": "圈", "juan jun": "隽雋",
        "jue jiao": "角", "kan": "阚", "kuo": "适", "lu liu": "六", "mi fu": "宓", "miao mou": "缪繆", "mou mu": "牟", "nai": "能",
        "nai er": "佴", "nie mie": "乜", "ou": "区區", "pan fan": "番", "pang feng": "逢", "pi bei": "被", "pian": "便",
        "piao pu": "朴", "po fan": "繁", "qiang": "彊", "qie xi": "郄", "qin tan": "覃", "qiu": "仇", "shan": "单單",
        "shao zhao": "召", "she": "折", "shen xin": "莘", "shuai": "率", "tou": "鈄", "wei kui": "隗", "wei yu": "尉", "xi chi": "郗",
        "xian": "洗", "xie": "解", "xie jie": "颉", "xun huan": "郇", "yao": "么", "yue le": "乐樂", "yun": "员員", "zang": "藏",
        "zeng": "曾", "zha": "查", "zhai di": "翟", "zhai ji": "祭", "zhu shu": "术",
    }
)  # fmt: skip

# compound ones of which a character is read differently from when it stands alone
COMPOUND = {
    "单于": "chan yu", "單于": "chan yu", "纥干": "he gan", "冒顿": "mo du", "万俟": "mo qi", "萬俟": "mo qi", "龟兹": "qiu ci",
    "库狄": "she di", "似和": "si he", "澹台": "tan tai", "澹臺": "tan tai", "阏氏": "yan zhi", "尉迟": "yu chi", "尉遲": "yu chi",
    "月氏": "yue zhi", "长孙": "zhang sun", "長孫": "zhang sun", "朱邪": "zhu ye", "子车": "zi ju", "子車": "zi ju",
}  # fmt: skip

# characters behind the surname
GIVEN = _by_character(
    {
        "a e": "阿", "bai bo": "柏", "bo bao": "薄", "bo po": "泊", "cang zang": "藏", "chan shan": "禅禪", "chang zhang": "长長",
        "chao zhao": "朝", "cheng deng": "澄", "chong zhong": "重", "chuan zhuan": "传傳", "dan shan": "单", "du dou": "都",
        "fan bo": "蕃", "fan pan": "番", "fo fu": "佛", "gai ge": "盖", "huan": "还", "ji": "给", "ji zhai": "祭", "jia qie": "伽",
        "jiang xiang": "降", "jiao jue": "角", "jie xie": "颉解", "jing liang": "靓靚", "jing qing": "箐", "jiong gui": "炅",
        "ju gou": "句", "jun juan": "隽雋", "jun xun": "浚", "le lei": "勒", "le yue": "乐樂", "li yue": "栎", "long shuang": "泷",
        "mi fu": "宓", "miao mou": "缪", "min wen": "玟", "na nuo": "娜", "ping bing": "屏", "pu bu": "埔", "pu piao": "朴",
        "qi ji": "奇", "qian gan": "乾", "qian xi": "茜", "qiang jiang": "强強", "qiu chou": "仇", "qu ou": "区", "shen can": "参參",
        "sheng cheng": "盛晟", "shi": "什", "shi kuo": "适", "shi zhi": "识識", "shuai lv": "率", "si cai": "偲", "si qi": "俟",
        "tan dan": "弹", "tan qin": "覃", "tiao diao": "调", "tuo ta": "拓", "wan guan": "莞", "wei kui": "隗", "wei yu": "蔚尉",
        "xia sha": "厦廈", "xian xi": "洗", "xiao jiao": "校", "xin shen": "莘", "xing hang": "行", "xing sheng": "省", "xu": "畜",
        "yuan yun": "员", "yun jun": "筠", "zeng ceng": "曾", "zha za": "扎", "zhai di": "翟", "zhao shao": "召", "zhong chong": "种",
        "zhuo chao": "焯", "zhuo zuo": "琢",
    }
)  # fmt: skip
