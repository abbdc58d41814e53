"""The runner: executes untrusted code. It knows one peer, the grader, and keeps nothing that could be lost."""
