"""Outlook's own containers: winmail.dat (TNEF), .msg, and the properties and packed RTF that both are made of."""
