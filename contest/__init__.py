"""What a contest means: verdicts, limits, grading, scoring, phases, freeze, scoreboard, visibility.

Pure: no clock, no I/O, no randomness, no package; time is an argument. Never knows how anything is stored or sent.
"""
