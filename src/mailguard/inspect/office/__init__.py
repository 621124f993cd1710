"""Office documents: zip packages of XML, and the older compound files."""
