"""Executes untrusted programs: boxes made by bubblewrap, limits and figures from cgroups, a PID 1 of our own inside.

Never decides whether an answer is right, and never speaks to another service. The host opens no path inside a box:
whatever goes in or out is a descriptor.

    probe      what the machine offers, and what is missing
    sandbox    what all boxes share: cgroups, user namespaces, the system call filter, boxinit
    pool       boxes started ahead of time
    box        one box: put, get, reset, and the line to its boxinit
    trial      one execution under watch: pipes, limits, kill, figures
    execution  what came out, and what it means
"""
