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
from server.directory.indexing import put_index
from server.directory.loading import news, whole
from server.directory.order import reading
from server.directory.picture import Followed, Picture
from server.directory.search import SearchIndex
from server.directory.views import View
from server.logs import Logger
from server.visibility.classes import ViewClass
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
    searching: int = 0
    """How many wait for the index: else it is made gently."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A viewer's look at the search index: whom he finds of it are the rows of ``seen``."""

    picture: Picture
    view: ViewClass
    index: SearchIndex
    seen: View


class Pictures:
    """Reads the table of how characters are read at once, while nobody is connected: it takes 20 ms."""

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
        """From now on it is told what changes. Who looks at the tree will search: the index is made meanwhile."""
        watch = kept.watches.get(receiver)
        if watch is None:
            watch = kept.watches[receiver] = Watch(receiver, is_there, tree)
        self._prepare(kept)
        return watch

    async def index(self, kept: Kept) -> SearchIndex:
        """Made outside of the lock, so that nothing else waits for it. Raises: DatabaseAway."""
        assert kept.picture is not None
        kept.searching += 1
        try:
            while kept.picture.index is None:
                await asyncio.shield(self._prepare(kept))
        finally:
            kept.searching -= 1
        return kept.picture.index

    def _prepare(self, kept: Kept) -> "asyncio.Future[None]":
        """The index is there, or being made."""
        if kept.indexing is None and kept.picture is not None and kept.picture.index is None:
            kept.indexing = asyncio.create_task(self._make_index(kept), name="search-index")
            kept.indexing.add_done_callback(_ended)
        return kept.indexing or _nothing()

    async def _make_index(self, kept: Kept) -> None:
        assert kept.picture is not None
        try:
            await put_index(self._storage, kept.picture, kept.lock, lambda: bool(kept.searching))
        finally:
            kept.indexing = None

    async def looked(self, company: int, viewer: int) -> Looked | None:
        """What a search or a list is answered from; None for who sees nothing."""
        kept = await self.kept(company)
        if kept is None:
            return None
        index = await self.index(kept)
        picture = kept.picture
        assert picture is not None
        view = picture.evaluator.view_class(viewer)
        return None if view is None else Looked(picture, view, index, await picture.view(index, view))

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
        if kept.watches:
            self._prepare(kept)

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


def _ended(indexing: "asyncio.Task[None]") -> None:
    """Nobody may have waited for it: whoever searches next begins anew."""
    if not indexing.cancelled() and (error := indexing.exception()) is not None:
        log.warning("directory.not_indexed", error=type(error).__name__)


def _nothing() -> "asyncio.Future[None]":
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done


def _told(had: ClassTree, now: ClassTree) -> Shared | None:
    change = difference(had, now)
    if change is None:
        return Shared.of(TreeReload())
    return None if is_nothing(change) else Shared.of(change)
