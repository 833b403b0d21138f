-- read tells who leads. It writes nothing but cuts that an expiry needs, and those
-- only where it may. A script rather than plain reads, so that it goes to the
-- primary and sees one moment; a replica that a client asks all the same refuses.
--
-- KEYS: 1 to 3
-- Reply: held, quarantined or vacant.
return look()
