"""`python -m tangle` is the command `tangle`."""

import sys

from tangle.cli.main import main

sys.exit(main())
