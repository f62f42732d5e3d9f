"""Conversations as their participants have them: opening, listing, membership (``service``), their state on the wire (``states``)."""
