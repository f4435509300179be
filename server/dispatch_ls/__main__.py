"""The command `dispatch-ls`, and `python -m dispatch_ls`."""

import sys

from dispatch_ls.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
