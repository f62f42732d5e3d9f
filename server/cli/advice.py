"""What to do about an error that a command ended with: the line below it. By the error's code; an error may bring its own as ``advice``."""

from collections.abc import Mapping

from protocol.errors import YizhanError

ADVICE: Mapping[str, str] = {
    "settings.invalid": "correct them and try again; `yizhan config doc` tells what each setting takes",
    "server.cannot_listen": "end the process that listens there, or choose another port: --port, --http-port, or the settings",
    "storage.full": "make room on the disk of the data folder or of the database, then try again",
}
BY_KIND: Mapping[str, str] = {
    "refused": "nothing was changed; the command's --help shows how it is called",
    "unknown": "it may or may not have been done; run the same again, which does no harm",
}


def advice(error: YizhanError) -> str:
    return getattr(error, "advice", None) or ADVICE.get(error.code) or BY_KIND[error.kind]
