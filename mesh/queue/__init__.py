"""Durable queues: one promise (`contract`), two keepers (`file`, `amqp`)."""

from mesh.queue.contract import Consumer, DeadLetter, Declaration, Delivery, Depth, Message, Queue

__all__ = ["Consumer", "DeadLetter", "Declaration", "Delivery", "Depth", "Message", "Queue"]
