"""Why a workbook cannot be imported: what is wrong with the file, with a cell, with a row, or with the moment."""

from protocol.errors import YizhanError
from server.saying import OfName, OfUnit


class OfColumn(YizhanError):
    """``column``: its head."""

    def __init__(self, column: str) -> None:
        super().__init__(column=column)


class FileUnreadable(YizhanError):
    code = "roster.file_unreadable"
    en = "the file cannot be read as a workbook: {why}"
    zh = "无法读取该文件:{why}"

    def __init__(self, why: str) -> None:
        super().__init__(why=why)


class FileTooLarge(YizhanError):
    """Found before the workbook is opened: a small file may unpack to anything."""

    code = "roster.file_too_large"
    en = "the file has more {what} than {limit}"
    zh = "文件超出限制:{what} 不能超过 {limit}"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(what=what, limit=limit)


class HeaderMissing(YizhanError):
    code = "roster.header_missing"
    en = "no row of the first {rows} has the heads of the columns; a name column is needed"
    zh = "前 {rows} 行中没有找到表头;至少需要“姓名”列"

    def __init__(self, rows: int) -> None:
        super().__init__(rows=rows)


class ColumnTwice(OfColumn):
    code = "roster.column_twice"
    en = "there are two columns for {column}"
    zh = "“{column}”列重复"


class WorkTooLong(YizhanError):
    """The process that reads and plans was ended: it took too long, or more memory than it may."""

    code = "roster.work_too_long"
    en = "the file takes too long or too much memory to read"
    zh = "读取该文件耗时过长或占用内存过多"


class RosterRefused(YizhanError):
    """Nothing was changed. ``workbook``: the import whose workbook with the marked cells is kept for 30 days."""

    code = "roster.refused"
    en = "{problems} errors, nothing was changed; the workbook with the marked cells is kept as {workbook}"
    zh = "发现 {problems} 处错误,未作任何更改;标注错误的表格已保存,编号 {workbook}"

    workbook: str

    def __init__(self, problems: int, workbook: str) -> None:
        super().__init__(problems=problems, workbook=workbook)


class DisablingUnconfirmed(YizhanError):
    """So many are missing from the workbook that somebody should say that this is meant."""

    code = "roster.disabling_unconfirmed"
    en = "{count} of {total} members are not in the workbook and would be disabled; confirm that number"
    zh = "表格中缺少 {total} 名成员中的 {count} 名,导入后将停用这些成员;请确认该人数"

    def __init__(self, count: int, total: int) -> None:
        super().__init__(count=count, total=total)


class CompanyChanged(YizhanError):
    """Others changed units or members while it was planned, again and again."""

    code = "roster.company_changed"
    en = "units or members were changed meanwhile; try again"
    zh = "期间组织或成员已被他人更改,请重试"


class WorkbookNotFound(YizhanError):
    code = "roster.workbook_not_found"
    en = "there is no such workbook, or not any more"
    zh = "没有该表格,或已过期删除"


# ---- what is wrong with a cell or a row


class CellMissing(OfColumn):
    code = "cell.missing"
    en = "{column} is required"
    zh = "“{column}”必填"


class DigitsLost(YizhanError):
    """As 1.38E+10, or a number of more digits than a spreadsheet keeps."""

    code = "cell.digits_lost"
    en = "the digits of {value} were lost; format the column as text and type it again"
    zh = "“{value}”的数字已丢失,请将该列设为文本格式后重新填写"

    def __init__(self, value: str) -> None:
        super().__init__(value=value)


class CellInvalid(YizhanError):
    code = "cell.invalid"
    en = "{value} is no {column}"
    zh = "“{value}”不是有效的{column}"

    def __init__(self, column: str, value: str) -> None:
        super().__init__(column=column, value=value)


class ChoiceUnknown(YizhanError):
    code = "cell.choice_unknown"
    en = "{value} is none of: {choices}"
    zh = "“{value}”不在可选项中:{choices}"

    def __init__(self, value: str, choices: str) -> None:
        super().__init__(value=value, choices=choices)


class TwoHits(YizhanError):
    """Whom the row means cannot be told."""

    code = "row.two_hits"
    en = "{column} {value} is that of several members"
    zh = "有多名成员的{column}是 {value}"

    def __init__(self, column: str, value: str) -> None:
        super().__init__(column=column, value=value)


class RowTwice(YizhanError):
    code = "row.twice"
    en = "row {row} is about the same member"
    zh = "与第 {row} 行是同一名成员"

    def __init__(self, row: int) -> None:
        super().__init__(row=row)


class ValueTwice(YizhanError):
    code = "row.value_twice"
    en = "row {row} has the same {column}"
    zh = "与第 {row} 行的{column}相同"

    def __init__(self, column: str, row: int) -> None:
        super().__init__(column=column, row=row)


class ValueOfAnother(OfColumn):
    code = "row.value_of_another"
    en = "another member has the same {column}"
    zh = "已有其他成员使用相同的{column}"


class AlreadyThere(OfName):
    """Of the mode that only adds."""

    code = "row.already_there"
    en = "{name} is a member already"
    zh = "“{name}”已是成员"


class NumberStays(YizhanError):
    code = "row.number_stays"
    en = "the member has the account number {number}; an import does not change it"
    zh = "该成员的帐号是 {number},导入不能修改帐号"

    def __init__(self, number: str) -> None:
        super().__init__(number=number)


class NumberNotShown(YizhanError):
    """A warning, of a row of an export: nothing that it shows tells for certain whom it means, so it changes nothing."""

    code = "row.number_not_shown"
    en = "the account number was not shown to whoever exported this row; it is passed over, unless you fill in or clear the cell"
    zh = "该行的帐号未向导出者公开,已跳过;如需导入该行,请填写或清空该单元格"


class MemberProtected(OfName):
    """Himself and company administrators (SPEC B7): a slip in a file must not lock out those who could mend it."""

    code = "row.protected"
    en = "{name} is a company administrator, or you: an import does not change him"
    zh = "“{name}”是企业管理员或您本人,不能通过导入修改"


class SameName(YizhanError):
    """A warning."""

    code = "row.same_name"
    en = "there is a {name} in {unit} already"
    zh = "“{unit}”中已有“{name}”"

    def __init__(self, name: str, unit: str) -> None:
        super().__init__(name=name, unit=unit)


class FirstHeadTwice(YizhanError):
    code = "row.first_head_twice"
    en = "row {row} makes somebody else the first head of {unit}"
    zh = "第 {row} 行已将他人设为“{unit}”的第一负责人"

    def __init__(self, unit: str, row: int) -> None:
        super().__init__(unit=unit, row=row)


class UnitUnknown(YizhanError):
    code = "row.unit_unknown"
    en = "there is no unit {path}"
    zh = "没有组织“{path}”"

    def __init__(self, path: str) -> None:
        super().__init__(path=path)


class Unplaced(OfUnit):
    """A warning: who headed a unit leaves it."""

    code = "row.without_head"
    en = "{unit} has no first head afterwards"
    zh = "“{unit}”将没有第一负责人"
