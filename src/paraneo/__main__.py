"""`python -m paraneo` is the command line."""

from paraneo.cli import main

if __name__ == "__main__":
    main()
