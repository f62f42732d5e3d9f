"""Reading messages: which seqs a member may see (``rules``), pages of them as they are now (``service``), their wire form (``wire``).

Writing them is the writer's (``storage.writer``); handing them out as they come is ``server.delivery``.
"""
