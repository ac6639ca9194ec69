"""Small scripts that keep the repository honest; nothing here is installed."""
