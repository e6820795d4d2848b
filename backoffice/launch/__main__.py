"""`python -m backoffice.launch`: what `make run` calls.

`--end-with-parent` stops the run when the one who called it ends, as make does when its terminal is closed.
"""

import os
import signal
import sys

from backoffice.launch.processes import end_with_parent
from backoffice.launch.run import main

if __name__ == "__main__":
    if "--end-with-parent" in sys.argv[1:]:
        end_with_parent(signal.SIGTERM)
    raise SystemExit(main(os.environ))
