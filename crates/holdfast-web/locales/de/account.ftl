# Anmelden und das eigene Konto.
account-months = Januar Februar März April Mai Juni Juli August September Oktober November Dezember
account-moment = { $day }. { $month } { $year }, { $clock } UTC

account-sign-in-title = Anmelden
account-sign-in = Anmelden
account-passkey-sign-in = Mit Passkey anmelden
account-passkey-confirm = Mit Passkey bestätigen
account-passkey-add = Passkey hinzufügen
account-passkey-sign-up = Mein Konto mit einem Passkey anlegen
account-passkey-recover = Neuen Passkey hinzufügen
account-passkey-label = Wie er heißen soll
account-passkey-label-default = Mein Passkey
account-passkey-busy = Ihr Browser oder Telefon fragt Sie jetzt …
account-passkey-failed = Es ist nichts geschehen: Der Passkey kam nicht rechtzeitig, oder Sie haben abgebrochen. Versuchen Sie es noch einmal.
account-passkey-unusable = Dieser Browser kann hier keine Passkeys benutzen. Melden Sie sich mit Passwort und Code oder mit einem Link an.
account-passkey-noscript = Passkeys brauchen JavaScript. Ohne JavaScript melden Sie sich mit Passwort und Code oder mit einem Link an.
account-name = Ihr Name
account-by-password = Mit einem Passwort
account-by-link = Mit einem Einmal-Link
account-login = Anmeldename
account-password = Passwort
account-code = Code aus Ihrer App
account-code-hint = Nur, wenn Sie einen zweiten Faktor eingerichtet haben.
account-link = Einmal-Link
account-link-hint = Die Administration erzeugt ihn auf der Seite „People“; der erste steht auf dem Bildschirm, wenn der Server zum ersten Mal startet.
account-link-ready = Ihr Link ist bereit. Er gilt einmal und wird deshalb erst benutzt, wenn Sie auf den Knopf drücken.
account-link-use = Anmelden
account-lost = Ich kann mich nicht mehr anmelden

account-kind-link = mit einem Einmal-Link
account-kind-passkey = mit einem Passkey
account-kind-password = mit Passwort
account-kind-password-totp = mit Passwort und Code
account-kind-oidc = über Ihre Organisation
account-kind-recovery = nach einer Wiederherstellung

account-recover-title = Wieder hineinkommen
account-recover-lead = Versuchen Sie es in dieser Reihenfolge:
account-recover-step-second = Haben Sie noch einen Passkey, auf einem anderen Telefon, Computer oder Schlüssel? Melden Sie sich damit an. Sie müssen nicht warten.
account-recover-step-code = Haben Sie einen gedruckten Wiederherstellungscode? Geben Sie ihn unten ein und fügen Sie einen neuen Passkey hinzu.
account-recover-step-staff = Arbeiten Sie für den Hersteller? Bitten Sie die Administration um einen Einmal-Link.
account-recovery-code = Wiederherstellungscode
account-recover-why-wait = Ein neuer Passkey gilt nach 24 Stunden. Die Person, der das Konto gehört, erfährt es sofort und kann es verhindern; ein gestohlener Code allein öffnet also nichts.
account-recover-waits = Fertig. Ihr neuer Passkey gilt ab { $until }. Melden Sie sich dann damit an.

account-confirm-title = Bestätigen Sie, dass Sie es sind
account-confirm = Bestätigen
account-confirm-lead = Was Sie tun möchten, kann in falschen Händen schaden. Ihre Bestätigung gilt dann zehn Minuten.
account-confirm-none = Sie haben noch nichts, womit Sie bestätigen könnten. Melden Sie sich mit einem neuen Einmal-Link an und fügen Sie zuerst einen Passkey hinzu.

account-first-title = Passkey hinzufügen
account-first-hello = Willkommen, { $name }
account-first-lead = Sie sind mit einem Link gekommen, der nur einmal gilt. Fügen Sie jetzt einen Passkey hinzu, damit Sie wiederkommen können: Ihr Telefon, Ihr Computer oder ein Sicherheitsschlüssel bewahrt ihn auf, und niemand kann ihn erraten oder stehlen.
account-first-password = Sie können auch ein Passwort mit zweitem Faktor einrichten:
account-first-later = Später

account-title = Ihr Konto
account-of = Angemeldet als { $name }
account-to-home = Zurück zu Ihren Seiten
account-change = Ändern
account-remove = Entfernen
account-used = zuletzt benutzt: { $at }
account-added = hinzugefügt: { $at }
account-until = bis { $at }
account-not-fresh = Um zu ändern, wie Sie sich anmelden, bestätigen Sie zuerst, dass Sie es sind.
account-shown-once = Das sehen Sie nur dieses eine Mal.

account-passkeys = Passkeys
account-passkeys-lead = Ihr Telefon, Ihr Computer oder ein Sicherheitsschlüssel meldet Sie an. Haben Sie zwei, an zwei Orten.
account-passkeys-none = Noch kein Passkey. Fügen Sie einen hinzu: Das ist der sicherste Weg zur Anmeldung, und der schnellste.
account-passkey-another = Passkey hinzufügen
account-passkey-waits = gilt ab { $until }

account-codes-title = Wiederherstellungscodes
account-codes-why = Für den Tag, an dem alle Passkeys verloren sind. Drucken Sie sie aus und bewahren Sie sie getrennt vom Telefon auf.
account-codes-left = { $count ->
    [0] Sie haben keine Wiederherstellungscodes.
    [one] Ein Code ist noch übrig.
   *[other] { $count } Codes sind noch übrig.
}
account-codes-make = Neue Codes erzeugen
account-codes-lead = Drucken Sie diese Seite oder schreiben Sie die Codes auf. Frühere Codes gelten nicht mehr.
account-codes-how = Jeder Code gilt einmal. Mit ihm fügen Sie einen neuen Passkey hinzu, der nach 24 Stunden gilt.
account-codes-kept = Ich habe sie aufbewahrt

account-password-title = Passwort
account-password-lead = Nur, wenn Sie keine Passkeys benutzen können. Allein hat es mindestens 15 Zeichen, mit einem zweiten Faktor mindestens 8.
account-password-is = Sie können sich als „{ $login }“ anmelden.
account-password-asleep = Es gilt noch nicht: Es ist kurz, richten Sie deshalb einen zweiten Faktor ein.
account-password-set = Passwort setzen
account-password-change = Passwort ändern
account-password-new = Neues Passwort
account-password-hint = Am besten mehrere Wörter, die nichts miteinander zu tun haben. Regeln über Ziffern und Zeichen gibt es nicht.
account-password-remove = Passwort entfernen
account-login-hint = 3 bis 40 Buchstaben, Ziffern, Punkte oder Striche; keine E-Mail-Adresse.

account-factor-title = Zweiter Faktor
account-factor-lead = Sechs Ziffern aus einer App, nach denen wir nach dem Passwort fragen.
account-factor-on = Eingerichtet
account-factor-off = Nicht eingerichtet.
account-factor-begin = Zweiten Faktor einrichten
account-factor-remove = Zweiten Faktor entfernen
account-factor-scan = Scannen Sie dieses Bild mit Ihrer Authenticator-App.
account-factor-picture = QR-Code für Ihre Authenticator-App
account-factor-type = Oder geben Sie dieses Geheimnis ein:
account-factor-then = Geben Sie die sechs Ziffern ein, die die App zeigt.
account-factor-confirm = Bestätigen

account-sessions = Wo Sie angemeldet sind
account-sessions-lead = Beenden Sie, was Sie nicht kennen.
account-this-browser = dieser Browser
account-session-end = Abmelden
account-sessions-end = Überall sonst abmelden

account-tokens = Schlüssel für Programme
account-tokens-lead = Ein Programm mit einem solchen Schlüssel handelt in Ihrem Namen.
account-tokens-none = Kein Schlüssel.
account-token-title = Schlüssel für ein Programm
account-token-make = Schlüssel erzeugen
account-token-label = Wofür er ist
account-token-days = Tage, die er gilt (1 bis 90)
account-token-scope = Was er darf
account-token-revoke = Widerrufen
account-token-until = Kopieren Sie ihn, bevor Sie diese Seite verlassen. Er endet am { $until }.
account-scope-read = Nur lesen
account-scope-full = Alles, was Sie dürfen, aber nichts Gefährliches
account-scope-dangerous = Alles, was Sie dürfen

account-recovery-waits = Jemand möchte mit einem Wiederherstellungscode in Ihr Konto
account-recovery-waits-text = Mit einem Ihrer Wiederherstellungscodes wurde ein neuer Passkey hinzugefügt. Er gilt ab { $until }. Wenn Sie das nicht waren, verhindern Sie es jetzt und erzeugen Sie neue Codes.
account-recovery-stop = Das war ich nicht: verhindern

account-done-passkey-added = Der Passkey ist hinzugefügt. Probieren Sie ihn einmal aus, bevor Sie ihn brauchen.
account-done-passkey-renamed = Der Name ist gespeichert.
account-done-passkey-removed = Der Passkey ist entfernt und öffnet nichts mehr.
account-done-password-set = Das Passwort ist gesetzt. Ihre anderen Sitzungen wurden beendet.
account-done-password-removed = Das Passwort ist entfernt.
account-done-factor-set = Der zweite Faktor ist eingerichtet. Ab jetzt fragen wir nach seinem Code.
account-done-factor-removed = Der zweite Faktor ist entfernt.
account-done-recovery-cancelled = Die Wiederherstellung ist verhindert. Erzeugen Sie neue Codes: Einer von Ihren wurde benutzt.
account-done-session-ended = Diese Sitzung ist beendet.
account-done-sessions-ended = Alle anderen Sitzungen sind beendet.
account-done-token-revoked = Der Schlüssel ist widerrufen und gilt nicht mehr.
account-done-confirmed = Bestätigt.

account-no-sign-in-wrong = Das hat kein Konto geöffnet: Name, Passwort oder Code ist falsch.
account-no-link-unknown = Das ist kein Anmelde-Link von uns. Kopieren Sie ihn ganz.
account-no-link-used = Dieser Link wurde schon benutzt. Bitten Sie um einen neuen.
account-no-link-expired = Dieser Link ist abgelaufen. Bitten Sie um einen neuen.
account-no-too-many-tries = Zu viele Versuche sind gescheitert. Warten Sie ein wenig und versuchen Sie es dann noch einmal; ein Passkey funktioniert sofort.
account-no-account-locked = Dieses Konto ist gesperrt. Die Administration kann es entsperren.
account-no-passkey-unknown = Dieser Passkey ist hier nicht bekannt. Vielleicht wurde er entfernt.
account-no-passkey-copied = Dieser Passkey wurde anderswo mit einem neueren Zähler benutzt, so wie eine Kopie. Er wurde nicht angenommen.
account-no-recovery-waits = Ihr neuer Passkey gilt nach der Wartezeit der Wiederherstellung.
account-no-last-way-in = Das ist der letzte Weg in Ihr Konto. Fügen Sie zuerst einen anderen hinzu.
account-no-too-many-passkeys = Sie haben so viele Passkeys, wie eine Person haben kann. Entfernen Sie zuerst einen.
account-no-name-malformed = Ein Name hat 1 bis 60 Zeichen.
account-no-code-wrong = Dieser Code ist falsch oder wurde schon benutzt. Warten Sie auf den nächsten.
account-no-second-factor-absent = Es gibt keinen zweiten Faktor zu bestätigen. Beginnen Sie von vorn.
account-no-second-factor-needed = Ihr Passwort ist zu kurz, um ohne den zweiten Faktor zu gelten. Ändern oder entfernen Sie zuerst das Passwort.
account-no-recovery-code-wrong = Dieser Wiederherstellungscode ist nicht bekannt oder wurde schon benutzt.
account-no-password-short = Ein Passwort allein hat mindestens 15 Zeichen, mit einem zweiten Faktor mindestens 8.
account-no-password-long = Ein Passwort hat höchstens 512 Bytes.
account-no-password-guessable = Dieses Passwort ist leicht zu erraten. Nehmen Sie mehrere Wörter, die nichts miteinander zu tun haben.
account-no-password-listed = Dieses Passwort kennen Angreifer, oder es besteht aus dem Namen des Produkts, des Herstellers oder Ihrem eigenen.
account-no-sign-in-name-taken = Jemand anderes hat diesen Anmeldenamen.
account-no-sign-in-name-malformed = Ein Anmeldename hat 3 bis 40 Buchstaben a bis z, Ziffern, Punkte, Striche oder Unterstriche und beginnt mit einem Buchstaben.
account-no-confirm-again = Bestätigen Sie zuerst, dass Sie es sind, und erzeugen Sie den Schlüssel dann innerhalb von zehn Minuten.
account-no-token-life-out-of-range = Ein Schlüssel gilt 1 bis 90 Tage.
account-not-me-title = Das war ich nicht
account-not-me-lead = Benutzen Sie dies, wenn eine Nachricht Sie über eine Änderung an Ihrem Konto informiert hat, die nicht von Ihnen kam.
account-not-me-happens = Alle Sitzungen und alle Schlüssel für die Schnittstelle werden beendet. Was seitdem zum Konto hinzukam, wird entfernt oder ruht. Das Passwort öffnet nichts, bis ein Passkey oder eine Wiederherstellung das Konto geöffnet hat. Hier wird nichts gezeigt, und niemand kommt über diese Seite hinein.
account-not-me-button = Das war ich nicht: Konto sichern
account-not-me-done = Ihr Konto ist gesichert. Alle Sitzungen sind beendet.
account-not-me-next = Melden Sie sich mit einem Passkey an, den Sie vorher schon hatten, oder benutzen Sie einen Wiederherstellungscode. Entfernen Sie dann, was Sie nicht kennen.
account-not-me-unknown = Dieser Link ist nicht bekannt, wurde schon benutzt oder ist älter als 72 Stunden. Melden Sie sich an und sehen Sie auf Ihrer Kontoseite nach.
account-no-second-factor-first = Sie melden sich mit zwei Faktoren an: Richten Sie zuerst den zweiten Faktor ein, dann das Passwort.
