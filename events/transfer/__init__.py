"""A log outside of its store: written to a file, taken back from one, moved to another store, put into an archive.

`heading` is the first line of such a file, `outgoing` writes one, `checking` judges one, `incoming` takes one in,
`files` are how they lie on a disk, `shelving` puts old segments into such files.
"""
