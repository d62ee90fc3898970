# Room: claim.
