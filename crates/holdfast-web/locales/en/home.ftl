# Room: home.
