"""Passwords that anybody would try first, Chinese favourites among them: beginnings and endings, rows of keys, and repetitions.

Our own compilation. A name by itself is refused in ``rules``; here is what does not depend on the person.
"""


def _words(text: str) -> list[str]:
    return text.split()


BEGINNINGS = _words("""
a a123 aa aaa abc abcd abcde abcdef admin administrator asd asdf asdfgh asdfghjkl baobao baseball batman beijing changeme china chinese
computer dearbook default dragon football google guest hello huawei iloveyou internet jiayou jordan kobe letmein linux login lol
love lovely mama master michael microsoft mima mimashi monkey mustang mysql nihao oracle p@ssw0rd p@ssword pa$$w0rd pa55word pass passw0rd
password pokemon princess public q1w2e3 q1w2e3r4 qaz qazwsx qazwsxedc qq qqq qwe qweasd qweasdzxc qwer qwert qwerty qwertyuiop root samsung
secret server shadow shanghai starwars success sunshine superman system taobao tencent test testtest tiger tomcat trustno1 ubuntu user
wang wangyut2 welcome weixin wo woaini woaiwo woaizhongguo wodemima wojiushiwo x xiaoming xiaoxiao yizhan yuanwei z zaq zaq1
zhang zhangsan zhongguo zxc zxcv zxcvbn zxcvbnm zz zzz 1q2w3e 1q2w3e4r 1q2w3e4r5t 1qaz 1qaz2wsx 2wsx3edc 3edc4rfv !qaz2wsx
""")
ENDINGS = _words("""
0 00 000 01 007 1 11 111 1111 11111 111111 12 123 123! 123. 123@ 1234 12345 123456 1234567 12345678 123456789 1234567890 123123 123321
1314 1314520 1314521 147258369 1990 1991 1992 1993 1994 1995 1996 1997 1998 1999 2000 2001 2002 2003 2004 2005 2006 2007 2008 2009 2010
2011 2012 2013 2014 2015 2016 2017 2018 2019 2020 2021 2022 2023 2024 2025 2026 2027 2028 321 4321 520 5201314 5211314 521 54321 654321
666 6666 666666 777 777777 88 888 8888 888888 88888888 99 999 999999 @123 @1234 @123456 @2023 @2024 @2025 @2026 @2027 ! !@# !@#$ . ..
""")
ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "qazwsxedcrfvtgbyhnujm",
    "qweasdzxc",
    "147258369",
    "159357",
    "!@#$%^&*()",
)
ALONE = _words("""
0147258369 1029384756 11223344 1122334455 12344321 1234554321 12345678910 123454321 1234qwer 123654789 123qweasd 147896325 14789632
15935728 19491001 20082008 31415926 3141592653 3.1415926 5201314520 52013145 7758521 77585210 77582588 88888888 99998888 a1b2c3d4 a1s2d3f4
abcd1234 asd123456 baidu.com correcthorsebatterystaple hunter22 iloveyou1314 ji32k7au4a83 madaniu1314 mynameis p0o9i8u7 qq123456 qq.com
thisisapassword trustnoone whatever whatever1 woaini1314 woaini520 woaini521 woshishui xuexihao youknowit zhimakaimen
芝麻开门芝麻开门 我爱你我爱你我爱你 我的密码是密码 一二三四五六七八 请修改初始密码
""")
_COMMON = frozenset(ALONE) | {first + last for first in BEGINNINGS for last in ["", *ENDINGS]} | {last * 2 for last in ENDINGS}


def is_well_known(password: str) -> bool:
    """``password`` is in lower case."""
    return password in _COMMON or _in_a_row(password) or _repeats(password)


def _in_a_row(password: str) -> bool:
    return any(password in row or password[::-1] in row for row in ROWS)


def _repeats(password: str) -> bool:
    """One to four characters, or a half, over and over: 11111111, abcabcabc, mimamima."""
    return any(
        (password[:length] * len(password))[: len(password)] == password
        for length in (1, 2, 3, 4, len(password) // 2)
        if length < len(password)
    )
