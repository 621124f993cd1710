"""ROOM: sorting. What is queued goes to the upstream, is tried again later, or is reported as undeliverable."""

from mailguard.delivery.bounces import Bounces, BounceSettings
from mailguard.delivery.schedule import Schedule
from mailguard.delivery.sorting import Delivery
from mailguard.delivery.trying import DeliverySettings

__all__ = ["BounceSettings", "Bounces", "Delivery", "DeliverySettings", "Schedule"]
