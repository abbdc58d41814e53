"""One file that holds a house: the record, the problems and, if wanted, the certificates. Made while the house runs.

`form` is the file, `tables` the rows in it, `trees` the folders in it; `backup` and `restore` are the two commands.
"""
