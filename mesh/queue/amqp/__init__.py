"""Durable queues on RabbitMQ 3.10 to 4.x: links that come back by themselves, confirms, late acknowledgement, a retry ladder."""

from mesh.queue.amqp.broker import AmqpQueue

__all__ = ["AmqpQueue"]
