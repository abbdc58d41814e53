n, words = int(input()), input().split()
