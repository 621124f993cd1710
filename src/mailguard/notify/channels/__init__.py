"""Chat channels: what is told by letter is told there too, short, without body and without any way to act by itself.

`saying` is what is said, each service's module how it is said there; `room` and `lane` see to it that it is said once,
and never in the way of anything else; `settings` are the administrator's.
"""
