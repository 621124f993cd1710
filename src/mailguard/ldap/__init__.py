"""The company's directory server: people and groups over LDAP, read whole into one frozen snapshot."""
