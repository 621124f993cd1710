"""The HTTP API under /api/v1: the same rooms as the pages, for programs (contract section 7).

A bearer token says who asks; a console session does too, but then whatever changes something also needs the form
token in X-Form-Token, which another site cannot know. Errors are RFC 9457 problems. Nothing acts on a GET.
"""
