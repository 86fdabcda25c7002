"""Let ``python -m lusscore`` be the command."""

from lusscore.cli import main

if __name__ == "__main__":
    main()
