"""The company's sign-on over the network: OpenID Connect's discovery, keys, codes and log-out, within bounds."""
