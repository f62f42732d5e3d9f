"""What can be wrong with the words of a command, whatever there is in the database: exit code 2.

The rule: 2 where the words alone show it (an option, a number, a day, a value of a closed list, options that exclude each other, nothing
to change), 1 where it hangs on what is stored or could not be done. It decides the code, not who noticed first: ``CODES`` are errors of
services that are about the words, too. ``where``: the option or argument as the help calls it.
"""

from protocol.errors import YizhanError

CODES = frozenset(
    (
        *("company.number_invalid", "company.seats_invalid", "company.limit_invalid", "company.time_zone_unknown"),
        *("name.invalid", "words.invalid", "number.invalid", "segment.invalid", "day.invalid", "notice.empty"),
        *("unit.kind_unknown", "member.gender_unknown", "member.phone_invalid", "member.mail_invalid", "member.scope_too_wide"),
        *("field.kind_unknown", "field.privacy_unknown", "unit_rule.kind_unknown", "role.preset_unknown", "role.permission_unknown"),
        *("role.scope_unfit", "cli.address_invalid"),
    )
)


def exit_code(error: Exception) -> int:
    """2 wrongly called, 1 refused or failed; an error may bring its own, where what it says of the words hangs on what is stored."""
    if (own := getattr(error, "exit_code", None)) is not None:
        return int(own)
    return 2 if isinstance(error, Misuse) or getattr(error, "code", "") in CODES else 1


class Misuse(YizhanError):
    """The root: nothing was asked, nothing done, and no entry written."""


class _OfOptions(Misuse):
    def __init__(self, *options: str) -> None:
        super().__init__(options=" / ".join(options))


class _Of(Misuse):
    def __init__(self, where: str) -> None:
        super().__init__(where=where)


class _OfFile(Misuse):
    def __init__(self, where: str, file: object) -> None:
        super().__init__(where=where, file=str(file))


# ---- what the parser finds


class CommandUnknown(Misuse):
    code = "cli.command_unknown"
    en = "there is no command {name}"
    zh = "没有命令 {name}"

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class CommandMissing(Misuse):
    code = "cli.command_missing"
    en = "name a command"
    zh = "请指定命令"


class OptionUnknown(_Of):
    code = "cli.option_unknown"
    en = "there is no option {where}"
    zh = "没有选项 {where}"


class HyphenFirst(_Of):
    """``yizhan org sort Sales 10007 -1``"""

    code = "cli.hyphen_first"
    en = "{where} begins with a hyphen and is taken for an option"
    zh = "{where} 以连字符开头,被当作选项"


class ValueMissing(_Of):
    code = "cli.value_missing"
    en = "{where} needs a value"
    zh = "{where} 需要一个值"


class ValueNotTaken(_Of):
    code = "cli.value_not_taken"
    en = "{where} takes no value"
    zh = "{where} 不带值"


class Missing(_Of):
    code = "cli.missing"
    en = "{where} is missing"
    zh = "缺少 {where}"


class TooMuch(Misuse):
    code = "cli.too_much"
    en = "this is more than was expected: {words}"
    zh = "多余的内容:{words}"

    def __init__(self, words: str) -> None:
        super().__init__(words=words)


class CannotBeRead(Misuse):
    """The parser says something that we have no words for."""

    code = "cli.cannot_be_read"
    en = "the command cannot be read: {why}"
    zh = "无法解析该命令:{why}"

    def __init__(self, why: str) -> None:
        super().__init__(why=why)


# ---- values


class NotANumber(Misuse):
    """``bounds``: (1…200), (1…), or nothing."""

    code = "cli.not_a_number"
    en = "{where}: {given} is not a whole number{bounds}"
    zh = "{where}:{given} 不是整数{bounds}"

    def __init__(self, where: str, given: str, least: int | None = None, most: int | None = None) -> None:
        ends = ["" if one is None else str(one) for one in (least, most)]
        super().__init__(where=where, given=given, bounds=f" ({'…'.join(ends)})" if any(ends) else "")


class NotOneOf(Misuse):
    code = "cli.not_one_of"
    en = "{where}: {given} is not one of {choices}"
    zh = "{where}:{given} 不是以下之一:{choices}"

    def __init__(self, where: str, given: str, *choices: str) -> None:
        super().__init__(where=where, given=given, choices=", ".join(choices))


class WrittenSo(Misuse):
    code = "cli.written_so"
    en = "{where} is written {form}, not {given}"
    zh = "{where} 应写作 {form},而不是 {given}"

    def __init__(self, where: str, form: str, given: str) -> None:
        super().__init__(where=where, form=form, given=given or "''")


class TooLong(Misuse):
    code = "cli.too_long"
    en = "{where} has {length} characters, {most} are allowed"
    zh = "{where} 有 {length} 个字符,最多 {most} 个"

    def __init__(self, where: str, length: int, most: int) -> None:
        super().__init__(where=where, length=length, most=most)


class Empty(_Of):
    """What a shell's empty variable gives."""

    code = "cli.empty"
    en = "{where} is empty"
    zh = "{where} 为空"


# ---- files


class NoSuchFile(_OfFile):
    code = "cli.no_such_file"
    en = "{where}: there is no file {file}"
    zh = "{where}:没有文件 {file}"


class IsAFolder(_OfFile):
    code = "cli.is_a_folder"
    en = "{where}: {file} is a folder, not a file"
    zh = "{where}:{file} 是目录,而不是文件"


class NotReadable(_OfFile):
    code = "cli.not_readable"
    en = "{where}: this user may not read {file}"
    zh = "{where}:当前用户无权读取 {file}"


class NotText(_OfFile):
    code = "cli.not_text"
    en = "{where}: {file} is not a text in UTF-8"
    zh = "{where}:{file} 不是 UTF-8 文本"


class FileIsThere(_OfFile):
    code = "cli.file_is_there"
    en = "{where}: {file} is there already; name a new file"
    zh = "{where}:{file} 已存在,请指定新文件"


class WrongEnding(Misuse):
    code = "cli.wrong_ending"
    en = "{where}: the name of the file ends in {endings}, not as {file} does"
    zh = "{where}:文件名应以 {endings} 结尾,而不是 {file}"

    def __init__(self, where: str, file: object, *endings: str) -> None:
        super().__init__(where=where, file=str(file), endings=" / ".join(endings))


# ---- words that do not go together


class NothingToChange(_OfOptions):
    code = "cli.nothing_to_change"
    en = "say what is to change: {options}"
    zh = "请说明要更改什么:{options}"


class OneIsNeeded(_OfOptions):
    code = "cli.one_is_needed"
    en = "name one of {options}"
    zh = "请指定其中之一:{options}"


class OnlyOneOf(_OfOptions):
    code = "cli.only_one_of"
    en = "only one of these may be named: {options}"
    zh = "以下只能指定一个:{options}"


class GoesWith(Misuse):
    code = "cli.goes_with"
    en = "{where} goes with {other}"
    zh = "{where} 须与 {other} 一起使用"

    def __init__(self, where: str, other: str) -> None:
        super().__init__(where=where, other=other)


class ForOneAlone(_OfOptions):
    code = "cli.for_one_alone"
    en = "several members are named, and this is for a single one: {options}"
    zh = "指定了多名成员,而以下选项仅适用于一名成员:{options}"


class NeedsSetting(Misuse):
    """Known from the settings of this machine, without asking anybody."""

    code = "cli.needs_setting"
    en = "{where} needs a mail server: {setting}"
    zh = "{where} 需要配置邮件服务器:{setting}"

    def __init__(self, where: str, setting: str) -> None:
        super().__init__(where=where, setting=setting)


class NobodyToAsk(Misuse):
    """What would be asked for in a terminal, and there is none."""

    code = "cli.nobody_to_ask"
    en = "{what} is asked for in a terminal, and there is none"
    zh = "需要在终端中输入{what_zh},而当前没有终端"

    def __init__(self, what: str, what_zh: str) -> None:
        super().__init__(what=what, what_zh=what_zh)
