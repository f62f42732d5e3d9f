"""What contacts and their groups refuse."""

from protocol.errors import YizhanError


class TooManyContacts(YizhanError):
    code = "contact.too_many"
    en = "you have {limit} frequent contacts, more are not kept"
    zh = "常用联系人最多 {limit} 个"

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class OneselfAsContact(YizhanError):
    code = "contact.oneself"
    en = "nobody is a contact of his own"
    zh = "不能将自己添加为常用联系人"


class ContactGroupNotFound(YizhanError):
    """One of one's own: those of others are nobody else's."""

    code = "contact_group.not_found"
    en = "you have no such contact group"
    zh = "没有这个联系人分组"


class ContactGroupNameTaken(YizhanError):
    code = "contact_group.name_taken"
    en = "you have a contact group {name} already"
    zh = "已有名为 {name} 的联系人分组"

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class TooManyContactGroups(YizhanError):
    code = "contact_group.too_many"
    en = "you have {limit} contact groups, more are not kept"
    zh = "联系人分组最多 {limit} 个"

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class ContactGroupsFull(YizhanError):
    """Of all groups together: who is in several counts in each."""

    code = "contact_group.full"
    en = "your contact groups together have {limit} entries, more are not kept"
    zh = "各联系人分组合计最多 {limit} 人次"

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)
