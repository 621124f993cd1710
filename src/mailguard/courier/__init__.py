"""The courier: HTTP requests to addresses that the administrator wrote, kept from the company's own network.

`addresses` says where it never goes, `client` carries one request there and one answer back.
"""
