# Room: mail.
