# Room: account.
