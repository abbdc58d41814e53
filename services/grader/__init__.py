"""The grader: which run is judged next, by whom, and what comes of it. Executes nothing and stores nothing."""
