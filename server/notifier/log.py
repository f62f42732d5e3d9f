"""Writes notices into the log: for a demo on one's own machine, where the codes in them open nothing of value.

The composition root uses it with a demo company alone; anywhere else a code in a log is a password in a log.
"""

from server.logs import Logger
from server.notifier.base import Notice

LOG = Logger("server.notifier")


class LogNotifier:
    async def send(self, notice: Notice) -> None:
        LOG.warning("notice.shown_in_demo", to=notice.to, subject=notice.subject, says=notice.text)
