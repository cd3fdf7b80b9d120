"""digest mails people the research papers that matter to them, every morning."""

__version__ = "0.1.0"
