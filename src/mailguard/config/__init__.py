"""What the administrator set. It knows every room's settings; no room knows it."""

from mailguard.config.load import Config, load_config, load_partly

__all__ = ["Config", "load_config", "load_partly"]
