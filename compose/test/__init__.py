"""The container deployment, brought up for real and taken down again: `make compose-test`.

    engine     the Docker engine that is there, or one started for the test
    images     a base made by debootstrap, our images, stand-ins for the images of others
    deployment one run of docker-compose.yml under a name of its own
    journey    a contest through the gateway: packages, a submission, its verdict, the scoreboard over a WebSocket
    proofs     what must hold besides: networks, keys, ports, restarts
    operating  what compose/README.md tells an operator to do, done: queues, backup, more frontends, an upgrade
    overlaid   what each overlay is for: a broker's node, a Redis, the database's machine may die; figures are asked
    asking     the site asked all the time, while something happens to it
"""
