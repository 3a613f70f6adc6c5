"""An image that takes longer to start than any probe waits."""

import time

time.sleep(3600)
