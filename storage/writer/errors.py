"""Refusals that are decided in the turn, after the look-up for a first answer (LOG A5)."""

from protocol.errors import YizhanError


class NotParticipant(YizhanError):
    """He was in the conversation and is no longer."""

    code = "conversation.not_participant"
    en = "you are no longer in this conversation"
    zh = "您已不在该会话中"


class ConversationDissolved(YizhanError):
    code = "conversation.dissolved"
    en = "this conversation was dissolved"
    zh = "该会话已解散"


class PeerDeleted(YizhanError):
    """The other one of a direct conversation was deleted, or the number that he had was handed on (SPEC B4)."""

    code = "conversation.peer_deleted"
    en = "this member has left the company; what was said can be read, nobody gets what is written"
    zh = "对方已离职,可以查看消息但不能发送"


class Muted(YizhanError):
    code = "conversation.muted"
    en = "you cannot write here at present"
    zh = "您已被禁言"


class WritingForbidden(YizhanError):
    """Rules between units keep him from writing to the other one, whom he may know nevertheless."""

    code = "conversation.writing_forbidden"
    en = "a rule of your company keeps you from writing to this member"
    zh = "根据企业的可见范围规则,您不能向该成员发送消息"


class OutsideHeld(YizhanError):
    """Between two who are no colleagues: either company forbids it, one of them ended or blocked it. Which is not told."""

    code = "conversation.outside_held"
    en = "at present you cannot write to this contact outside your company"
    zh = "目前无法向该外部联系人发送消息"


class MemberDisabled(YizhanError):
    code = "member.disabled"
    en = "this account is disabled; ask your administrator"
    zh = "该帐号已停用,请联系管理员"


class CompanyExpired(YizhanError):
    """Sign-in, reading and export go on, sending does not (SPEC A1)."""

    code = "company.expired"
    en = "your company's subscription has expired; messages can be read, not sent"
    zh = "企业服务已到期,可以查看消息但不能发送"


class CompanySuspended(YizhanError):
    code = "company.suspended"
    en = "your company is suspended"
    zh = "企业已被暂停"


class NotAuthor(YizhanError):
    code = "message.not_author"
    en = "only its author can do that"
    zh = "只有发送者可以执行此操作"


class MessageRecalled(YizhanError):
    code = "message.recalled"
    en = "this message was recalled"
    zh = "该消息已撤回"


class RecallTooLate(YizhanError):
    code = "message.recall_too_late"
    en = "a message can be recalled within {seconds} s"
    zh = "消息只能在 {seconds} 秒内撤回"

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds)


class EditTooLate(YizhanError):
    code = "message.edit_too_late"
    en = "a message can be edited within {seconds} s"
    zh = "消息只能在 {seconds} 秒内编辑"

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds)


class NotEditable(YizhanError):
    code = "message.not_editable"
    en = "a message of this kind cannot be edited"
    zh = "该类消息不能编辑"


class VersionConflict(YizhanError):
    """The message is at another version than the one that the edit names."""

    code = "message.version_conflict"
    en = "the message is at version {version} now"
    zh = "消息当前版本为 {version}"

    def __init__(self, version: int) -> None:
        super().__init__(version=version)


class TooManyReactions(YizhanError):
    code = "message.too_many_reactions"
    en = "a message has at most {limit} different reactions"
    zh = "一条消息最多 {limit} 种表情回应"

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class TooManyPinned(YizhanError):
    code = "conversation.too_many_pinned"
    en = "a conversation has at most {limit} pinned messages"
    zh = "一个会话最多置顶 {limit} 条消息"

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)
