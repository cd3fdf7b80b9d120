"""`python -m digest` is the command `digest`."""

from digest.cli import app

if __name__ == "__main__":
    app()
