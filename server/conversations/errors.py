"""What can be refused about conversations and who is in them."""

from protocol.errors import YizhanError


class AlreadyParticipant(YizhanError):
    code = "conversation.already_participant"
    en = "is in this conversation already"
    zh = "已在该会话中"


class NobodyNamed(YizhanError):
    """`open_direct` names neither a member nor a number, or both."""

    code = "conversation.nobody_named"
    en = "name a member or a number, not both"
    zh = "请指定成员或帐号其中之一"
