"""What the system's error numbers mean where a file or an address was wanted, in both languages: not everybody reads ``EACCES``."""

import errno
from collections.abc import Mapping

PLACES: Mapping[int, tuple[str, str]] = {
    errno.ENOENT: ("there is no such file or folder", "没有该文件或目录"),
    errno.ENOTDIR: ("a part of the path is no folder", "路径中有一部分不是目录"),
    errno.EISDIR: ("this is a folder", "这是一个目录"),
    errno.EEXIST: ("this is there already", "已存在"),
    errno.EACCES: ("this user may not use it", "当前用户无权访问"),
    errno.EPERM: ("this user may not do this", "当前用户无权执行此操作"),
    errno.EROFS: ("nothing can be written there", "该位置只读"),
    errno.ENOSPC: ("there is no room left", "没有剩余空间"),
    errno.ENAMETOOLONG: ("the name is too long", "名称过长"),
    errno.EMFILE: ("too many files are open", "打开的文件过多"),
}
REACHED: Mapping[int, tuple[str, str]] = {
    errno.ECONNREFUSED: ("nobody listens there", "没有程序在监听"),
    errno.EHOSTUNREACH: ("no way leads there", "无法到达该主机"),
    errno.ENETUNREACH: ("no way leads there", "无法到达该网络"),
    errno.ECONNRESET: ("the connection was cut", "连接被中断"),
    errno.ETIMEDOUT: ("no answer", "没有应答"),
    errno.EADDRINUSE: ("another process listens there", "已有其他进程在监听"),
    errno.EADDRNOTAVAIL: ("this machine has no such address", "本机没有该地址"),
    errno.EACCES: ("this user may not listen there", "当前用户无权监听"),
}
OTHERWISE = ("the system says {name}", "系统返回 {name}")


def why(number: int | None, words: Mapping[int, tuple[str, str]]) -> tuple[str, str]:
    """What an error number of the system means, in both languages."""
    found = words.get(number or 0)
    if found is not None:
        return found
    name = errno.errorcode.get(number or 0, "?")
    return OTHERWISE[0].format(name=name), OTHERWISE[1].format(name=name)
