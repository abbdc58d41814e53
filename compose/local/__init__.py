"""The whole house on one machine without containers: real RabbitMQ, Redis, PostgreSQL and nginx, every service a process.

    plan      which programs there are, on which ports, and what each service is told
    servers   RabbitMQ, Redis and PostgreSQL as programs
    gateway   nginx as a program
    services  our own services as programs
    program   what a program is: how it is started, how one knows that it is ready
    pids      who runs, by pid and time of start
    keeper    starts everything in order, starts again what dies, ends everything
"""
