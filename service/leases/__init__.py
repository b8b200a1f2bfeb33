"""Who needs an endpoint awake, and what becomes of it when nobody does any more.

`lease` is what a lease is and the decisions about it, pure; `flight` wakes an endpoint once for all who ask; `rest`
puts back what a lease woke; `leases` is the book that is kept of them.
"""

from service.leases.lease import Lease, Released
from service.leases.leases import Leases, Over

__all__ = ["Lease", "Leases", "Over", "Released"]
