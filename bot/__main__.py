"""`python -m bot`: the same as the `hugang` command."""

from bot.cli import main

if __name__ == "__main__":
    main()
