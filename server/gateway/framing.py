"""The short path of the wire: whole WebSocket data frames to payloads, and payloads to frames (RFC 6455, 5.2).

It knows one kind of frame, the one that nearly all are: final, masked, whole, of the connection's kind. Where anything
else begins it stops and says so; what that is, and whether it is allowed, is left to Autobahn.
"""

from struct import pack

TEXT, BINARY = 0x81, 0x82  # final, no reserved bits
MASKED = 0x80
TWO_BYTES, EIGHT_BYTES = 126, 127  # in the place of a length: it follows, in so many bytes


def frame(payload: bytes, *, binary: bool) -> bytes:
    """One whole frame as a server sends it, unmasked. It may be made once and sent to any number of connections."""
    first, length = BINARY if binary else TEXT, len(payload)
    if length < TWO_BYTES:
        return bytes((first, length)) + payload
    if length < 1 << 16:
        return pack(">BBH", first, TWO_BYTES, length) + payload
    return pack(">BBQ", first, EIGHT_BYTES, length) + payload


def unframe(buffer: bytes, binary: bool, limit: int) -> tuple[list[bytes], int, bool]:
    """Take the usual frames off the front of ``buffer``: (unmasked payloads, bytes consumed, whether an unusual one follows).

    With False what remains is the beginning of a usual frame, or nothing. Unusual are: control frames, fragments, the other
    opcode, reserved bits, no mask, a length in eight bytes or in more than it needs, a payload over ``limit`` bytes, and
    text that is not UTF-8. Autobahn judges those, and gets all that comes behind them too.
    """
    payloads: list[bytes] = []
    first, at, end_of_buffer = BINARY if binary else TEXT, 0, len(buffer)
    while at < end_of_buffer:
        if buffer[at] != first:
            return payloads, at, True
        if end_of_buffer - at < 2:
            break
        length = buffer[at + 1] - MASKED
        start = at + 6
        if length == TWO_BYTES:
            if end_of_buffer - at < 4:
                break
            length = buffer[at + 2] << 8 | buffer[at + 3]
            start = at + 8
            if length < TWO_BYTES:
                return payloads, at, True
        elif length < 0 or length == EIGHT_BYTES:
            return payloads, at, True
        if length > limit:
            return payloads, at, True
        end = start + length
        if end > end_of_buffer:
            break
        payload = _unmasked(buffer[start:end], buffer[start - 4 : start], length)
        if not binary and not _is_utf8(payload):
            return payloads, at, True
        payloads.append(payload)
        at = end
    return payloads, at, False


def _unmasked(masked: bytes, mask: bytes, length: int) -> bytes:
    """By one XOR of two long integers: no loop over bytes in Python."""
    key = (mask * ((length >> 2) + 1))[:length]
    return (int.from_bytes(masked, "little") ^ int.from_bytes(key, "little")).to_bytes(length, "little")


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
