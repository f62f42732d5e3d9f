"""From committed positions to connections: this node applies the feed in order and hands out what it brings (LOG F).

``online`` who is connected here; ``stays`` who is in a conversation, exact for the position being applied; ``wire`` an event encoded
once for each codec; ``hand_out`` the order of positions; ``telling`` who is told what.
"""
