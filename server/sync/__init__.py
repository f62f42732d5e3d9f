"""Catching up: the sealed sync token (``tokens``) and the answer to it, page by page (``service``)."""
