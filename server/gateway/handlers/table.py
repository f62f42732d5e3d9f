"""Which handler carries out which command; `send` has a path of its own in ``connection``."""

from protocol import commands as wish
from protocol.commands import Command
from server.gateway.dispatch import Handler
from server.gateway.handlers.accounts import AccountHandlers
from server.gateway.handlers.contacts import ContactHandlers
from server.gateway.handlers.conversations import ConversationHandlers
from server.gateway.handlers.directory import DirectoryHandlers
from server.gateway.handlers.messages import MessageHandlers
from server.gateway.handlers.outside import OutsideHandlers
from server.gateway.handlers.presence import PresenceHandlers


def table(
    accounts: AccountHandlers,
    conversations: ConversationHandlers,
    messages: MessageHandlers,
    directory: DirectoryHandlers,
    presence: PresenceHandlers,
    contacts: ContactHandlers,
    outside: OutsideHandlers,
) -> dict[type[Command], Handler]:
    return {
        wish.Hello: accounts.hello,
        wish.Ping: accounts.ping,
        wish.SignIn: accounts.sign_in,
        wish.SignInWithToken: accounts.sign_in_with_token,
        wish.Resume: accounts.resume,
        wish.ChangePassword: accounts.change_password,
        wish.SendCode: accounts.send_code,
        wish.Bind: accounts.bind,
        wish.SignOut: accounts.sign_out,
        wish.ListSessions: accounts.sessions,
        wish.EndSession: accounts.end_session,
        wish.GetProfile: accounts.profile,
        wish.Sync: conversations.sync,
        wish.ListConversations: conversations.every,
        wish.OpenDirect: conversations.open_direct,
        wish.SetConversation: conversations.set_conversation,
        wish.SetDraft: conversations.set_draft,
        wish.Mark: conversations.mark,
        wish.Typing: conversations.typing,
        wish.History: messages.history,
        wish.Changes: messages.changes,
        wish.GetMarks: messages.marks,
        wish.ListPinned: messages.pinned,
        wish.Edit: messages.edit,
        wish.Recall: messages.recall,
        wish.React: messages.react,
        wish.PinMessage: messages.pin,
        wish.DeleteForMe: messages.delete_for_me,
        wish.Favourite: messages.favourite,
        wish.Unfavourite: messages.unfavourite,
        wish.ListFavourites: messages.favourites,
        wish.ChangeProfile: directory.change_profile,
        wish.GetTreeTop: directory.top,
        wish.GetTree: directory.page,
        wish.ListUnit: directory.unit,
        wish.SearchMembers: directory.search,
        wish.SetStatus: presence.set_status,
        wish.SetIdle: presence.set_idle,
        wish.WatchUnits: presence.watch_units,
        wish.WatchPeople: presence.watch_people,
        wish.GetLastSeen: presence.last_seen,
        wish.ListDirectory: contacts.directory,
        wish.GetContacts: contacts.since,
        wish.AddContact: contacts.add,
        wish.RemoveContact: contacts.remove,
        wish.MoveContact: contacts.move,
        wish.MakeContactGroup: contacts.make_group,
        wish.RenameContactGroup: contacts.rename_group,
        wish.MoveContactGroup: contacts.move_group,
        wish.DeleteContactGroup: contacts.delete_group,
        wish.PutInContactGroup: contacts.put_in_group,
        wish.TakeOutOfContactGroup: contacts.take_out_of_group,
        wish.ListRecentContacts: contacts.recent,
        wish.RequestOutside: outside.ask,
        wish.BringOutside: outside.bring,
        wish.WithdrawOutside: outside.withdraw,
        wish.AcceptOutside: outside.accept,
        wish.RefuseOutside: outside.refuse,
        wish.ListOutside: outside.contacts,
        wish.ListOutsideRequests: outside.requests,
        wish.RemarkOutside: outside.remark,
        wish.RemoveOutside: outside.remove,
        wish.BlockOutside: outside.block,
        wish.ReportOutside: outside.report,
    }
