"""The pictures of this node: made when one is asked for, kept by following the company's log, dropped when nobody needs them (LOG E1).

Who asked for the tree is told what changes of it for his view class, within the time that a read takes; what it is like for whom is
``class_trees``, what is told ``differences``.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from protocol.errors import YizhanError
from protocol.events import TreeReload
from server.clock import Clock
from server.delivery.online import Receiver
from server.delivery.wire import Shared
from server.directory.class_trees import ClassTree
from server.directory.differences import difference, is_nothing
from server.directory.loading import PAGE, entry_of, news, whole
from server.directory.order import reading
from server.directory.picture import SLICE, Followed, Picture
from server.directory.search import SearchIndex
from server.logs import Logger
from server.visibility.classes import ViewClass
from storage import directory
from storage.directory import Searched
from storage.engine import Storage

IDLE_SECONDS = 300.0
AGAIN_SECONDS = 0.5
log = Logger("directory")


@dataclass(eq=False, slots=True)
class Watch:
    """Somebody who asked for the tree, and has it as ``tree``. ``order``: the units whose members he fetches page by page."""

    receiver: Receiver
    is_there: Callable[[], bool]
    tree: ClassTree
    order: tuple[int, ...] = ()


@dataclass(eq=False, slots=True)
class Kept:
    """A company's. Whoever changes the picture, or needs it to stay as it is for more than a turn of the loop, has the lock."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    picture: Picture | None = None
    watches: dict[Receiver, Watch] = field(default_factory=dict)
    used_at: float = 0.0
    following: asyncio.Task[None] | None = None
    is_behind: bool = False
    indexing: asyncio.Task[None] | None = None


class Pictures:
    """Reads the table of how characters are read at once, while nobody is connected: it takes 0.2 s."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._kept: dict[int, Kept] = {}
        self._built_in: set[int] = set()
        self.on_changed: Callable[[int, Followed | None], None] = lambda company, followed: None
        """Called in the same turn of the loop in which a picture took something in; None: it is another one, or gone."""
        reading("驿站", "")

    async def stop(self) -> None:
        tasks = [task for kept in self._kept.values() for task in (kept.following, kept.indexing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- asking

    async def kept(self, company: int) -> Kept | None:
        """With its picture; None of the built-in companies, which have no tree. Raises: DatabaseAway."""
        if company in self._built_in:
            return None
        kept = self._kept.setdefault(company, Kept())
        kept.used_at = self._clock.monotonic()
        if kept.picture is None:
            async with kept.lock:
                if kept.picture is None:
                    kept.picture = await self._load(company)
                    self.on_changed(company, None)
            if kept.picture is None:
                self._built_in.add(company)
                self._kept.pop(company, None)
                return None
            if kept.is_behind:
                self._follow(company, kept)
        return kept

    def picture(self, company: int) -> Picture | None:
        """As it is now, if somebody asked for it."""
        kept = self._kept.get(company)
        return None if kept is None else kept.picture

    def is_current(self, company: int) -> bool:
        """Whether nothing that was applied on this node waits to be read."""
        kept = self._kept.get(company)
        return kept is None or not (kept.is_behind or kept.following is not None)

    async def _load(self, company: int) -> Picture | None:
        found = await self._storage.read(lambda read: whole(read, company))
        return None if found is None else await Picture.made(company, found)

    async def tree(self, kept: Kept, viewer: int) -> tuple[ViewClass, ClassTree] | None:
        """As a viewer sees it now; None for who is not active any more. Under the lock."""
        assert kept.picture is not None
        view = kept.picture.evaluator.view_class(viewer)
        return None if view is None else (view, await kept.picture.tree(view))

    def watch(self, kept: Kept, receiver: Receiver, tree: ClassTree, is_there: Callable[[], bool]) -> Watch:
        """From now on it is told what changes."""
        watch = kept.watches.get(receiver)
        if watch is None:
            watch = kept.watches[receiver] = Watch(receiver, is_there, tree)
        return watch

    async def index(self, kept: Kept) -> SearchIndex:
        """Made when somebody first searches, outside of the lock, so that nothing waits for it."""
        assert kept.picture is not None
        while kept.picture.index is None:
            if kept.indexing is None:
                kept.indexing = asyncio.create_task(self._make_index(kept), name="search-index")
            await asyncio.shield(kept.indexing)
        return kept.picture.index

    async def _make_index(self, kept: Kept) -> None:
        picture = kept.picture
        assert picture is not None
        try:
            index, policy = SearchIndex(), picture.policy
            picture.changed_while_indexed = set()
            rows = await self._searched(picture.company, 0)
            while rows:
                for count, row in enumerate(rows):
                    index.put(entry_of(row, policy))
                    if count % SLICE == 0:
                        await asyncio.sleep(0)
                rows = await self._searched(picture.company, rows[-1].member)
            async with kept.lock:
                late = sorted(picture.changed_while_indexed)
                some = await self._storage.read(lambda read: directory.searched_some(read, picture.company, late)) if late else []
                picture.put_searched(index, late, some, picture.policy)
                if picture.policy.fields == policy.fields:
                    picture.index = index
        finally:
            picture.changed_while_indexed = None
            kept.indexing = None

    async def _searched(self, company: int, after: int) -> list[Searched]:
        return await self._storage.read(lambda read: directory.searched(read, company, after, PAGE))

    # ---- following

    @property
    def is_settled(self) -> bool:
        """Whether all that was applied on this node is in the pictures, and told."""
        return all(map(self.is_current, self._kept))

    def changed(self, companies: Iterable[int]) -> None:
        """A position that this node applied says that something of these companies changed."""
        for company in companies:
            kept = self._kept.get(company)
            if kept is not None:
                kept.is_behind = True
                self._follow(company, kept)

    def all_changed(self) -> None:
        """Positions were passed over."""
        self.changed(list(self._kept))

    def _follow(self, company: int, kept: Kept) -> None:
        if kept.following is None and kept.picture is not None:
            kept.following = asyncio.create_task(self._followed(company, kept), name="directory")

    async def _followed(self, company: int, kept: Kept) -> None:
        try:
            while kept.is_behind:
                kept.is_behind = False
                await self._patiently(company, kept)
        except Exception as error:
            log.exception("directory.failed", error, company=company)
            self._kept.pop(company, None)
            self.on_changed(company, None)
            self._reload(kept.watches.values())
        finally:
            kept.following = None

    async def _patiently(self, company: int, kept: Kept) -> None:
        try:
            async with kept.lock:
                await self._refresh(company, kept)
        except YizhanError as error:
            if error.kind != "unknown":
                raise
            kept.is_behind = True  # the database is away
            await asyncio.sleep(AGAIN_SECONDS)

    async def _refresh(self, company: int, kept: Kept) -> None:
        picture = kept.picture
        assert picture is not None
        is_searched = picture.index is not None
        found = await self._storage.read(lambda read: news(read, company, picture.position, is_searched=is_searched))
        if found is None:
            kept.picture = await self._load(company)
            self.on_changed(company, None)
        elif found.changes:
            self.on_changed(company, picture.put(found))
        else:
            picture.position = found.position
            return
        await self._tell(kept)

    # ---- telling

    async def _tell(self, kept: Kept) -> None:
        """Everybody who watches, by what he had and what his class sees now."""
        picture = kept.picture
        assert picture is not None
        told: dict[tuple[int, ViewClass], tuple[ClassTree, Shared | None]] = {}
        for watch in list(kept.watches.values()):
            view = picture.evaluator.view_class(watch.receiver.member)
            if view is None or not watch.is_there():
                del kept.watches[watch.receiver]
                continue
            had = watch.tree
            if (id(had), view) not in told:
                now = await picture.tree(view)
                told[id(had), view] = now, _told(had, now)
        for watch in kept.watches.values():
            view = picture.evaluator.view_class(watch.receiver.member)
            assert view is not None
            watch.tree, shared = told[id(watch.tree), view]
            if shared is not None:
                watch.receiver.give(shared.wire(watch.receiver.codec))
        picture.settled()

    def _reload(self, watches: Iterable[Watch]) -> None:
        shared = Shared.of(TreeReload())
        for watch in watches:
            if watch.is_there():
                watch.receiver.give(shared.wire(watch.receiver.codec))

    # ---- dropping

    async def sweep(self, connected: Iterable[int]) -> None:
        """Drop pictures of companies of which nobody is connected (``connected``), and nobody asked for a while."""
        there, now = set(connected), self._clock.monotonic()
        for company, kept in list(self._kept.items()):
            for watch in list(kept.watches.values()):
                if not watch.is_there():
                    del kept.watches[watch.receiver]
            is_idle = company not in there and not kept.lock.locked() and kept.following is None and kept.indexing is None
            if is_idle and now - kept.used_at > IDLE_SECONDS:
                del self._kept[company]


def _told(had: ClassTree, now: ClassTree) -> Shared | None:
    change = difference(had, now)
    if change is None:
        return Shared.of(TreeReload())
    return None if is_nothing(change) else Shared.of(change)
