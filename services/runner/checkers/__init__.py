"""The judges of one output: tokens and numbers in our own process, the setter's own validators in boxes."""
