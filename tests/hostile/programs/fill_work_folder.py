# verdict: MLE
# Many files of a megabyte: the disk of a box is its memory.
for number in range(10_000):
    with open(f"/box/{number}", "wb") as file:
        file.write(b"x" * (1 << 20))
