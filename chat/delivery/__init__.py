"""Delivery: mail to the outside, by way of an outbox that loses nothing."""
