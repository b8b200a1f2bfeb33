"""Lamplighter, in a hurry: what may be on its way is waited for 5 seconds, not 30, before it is sent again or given up.

Nothing that a test lets arrive at the simulator takes longer, and a daemon that is killed every few seconds comes to
send a second time only so. Nothing else is changed; the slow form of each test that uses this runs the command itself.
"""

from service.cli.main import main
from service.commands import creation, pursuit

creation.APPEARS_SECONDS = 5.0
pursuit.ON_ITS_WAY_SECONDS = 5.0

if __name__ == "__main__":
    main()
