"""The ways in which a submission meets one test case: one small file each, chosen in `opening`."""
