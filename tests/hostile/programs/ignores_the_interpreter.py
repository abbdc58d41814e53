# verdict: RTE
# The source nests deeper than the parser goes.
eval("(" * 100000 + ")" * 100000)
