"""What is kept: exposures and what came of them, tastes, consents, and the policy's versions learnt from them.

buffer, flush, settle   from what requests report to rows of the log
names, sealing          keyed hashes instead of names; what travels through a browser unread
sources, profiles       what a shop knows of likes, and the customers' kept tastes
versions                the policy in the database, and the learning that makes the next version
privacy, retention      whose taste may be kept, and for how long
"""
