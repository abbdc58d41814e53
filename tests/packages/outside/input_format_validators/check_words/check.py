#!/usr/bin/env python3
import re
import sys

n = sys.stdin.readline()
assert re.fullmatch("[1-9][0-9]*\n", n)
line = sys.stdin.readline()
words = line.rstrip("\n").split(" ")
assert len(words) == int(n) <= 10**5
assert all(re.fullmatch("[a-z]{1,20}", word) for word in words)
assert sys.stdin.readline() == ""
sys.exit(42)
