"""Rosters: the workbook of a company's units and members, read, checked, planned, applied and written (SPEC B7).

``columns`` is what a workbook says of people; ``reading`` gets rows out of whatever was uploaded, after ``bounds`` has looked at it;
``plan`` turns rows and the company's picture into what would change; ``service`` lets it happen, all or nothing. ``writing`` makes
exports, templates, and the failed workbook with its cells marked. Reading, planning and writing run in a process of their own
(``worker``), for they are seconds of Python; what is written to the database goes in short units of the server's own storage.
"""
