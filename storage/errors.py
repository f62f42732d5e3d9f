"""What can go wrong with the database, as the rest of the server sees it."""

from protocol.errors import YizhanError


class DatabaseAway(YizhanError):
    """The database does not answer; nothing is known of what was under way."""

    code = "storage.away"
    kind = "unknown"
    en = "the database does not answer; send the same again"
    zh = "数据库无响应,请用相同的标识重发"


class DatabaseBehind(YizhanError):
    """The schema is older than the program."""

    code = "storage.behind"
    en = "the database has schema {found}, this program needs {needed}; run: yizhan migrate"
    zh = "数据库结构版本为 {found},程序需要 {needed};请运行:yizhan migrate"

    def __init__(self, found: str, needed: str) -> None:
        super().__init__(found=found, needed=needed)


class UnitTooLarge(YizhanError):
    """An act took more than 200 statements or 500 rows in its turn: a fault of ours (LOG C1)."""

    code = "storage.unit_too_large"
    en = "a unit of work took {statements} statements and {rows} rows"
    zh = "事务过大:{statements} 条语句,{rows} 行"

    def __init__(self, statements: int, rows: int) -> None:
        super().__init__(statements=statements, rows=rows)


class ActWithoutEntry(YizhanError):
    """An administrative act wrote no audit entry: a fault of ours, nothing was done (LOG C1, promise V6)."""

    code = "audit.entry_missing"
    en = "an administrative act wrote no audit entry; nothing was done"
    zh = "管理操作没有写入审计记录,未做任何更改"


class ActWithoutPermission(YizhanError):
    """An administrative act or look asked nobody's permission: a fault of ours, nothing was done or shown (DESIGN 8)."""

    code = "audit.permission_missing"
    en = "an administrative act asked for no permission; nothing was done"
    zh = "管理操作没有检查权限,未做任何更改"
