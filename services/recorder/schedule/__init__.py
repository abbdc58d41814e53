"""The scheduler: periodic jobs that run once in the cluster, whoever of the recorders lives to run them."""
