# Was Menschen mitgeteilt wird: Betreff und Text jeder Nachricht, die Worte darum und die Seite der Adresse.
mail-not-you = Wenn Sie das nicht waren: Melden Sie sich an, beenden Sie alle Sitzungen und entfernen Sie auf Ihrer Kontoseite, was Sie nicht kennen. Wenn Sie sich nicht mehr anmelden können, benutzen Sie einen Wiederherstellungscode.
mail-greeting = Guten Tag,
mail-not-me-link = Wenn Sie das nicht waren, halten Sie es mit diesem Link sofort an. Er gilt 72 Stunden, öffnet nichts und zeigt nichts: { $place }
mail-look = Hier steht mehr: { $place }
mail-why = Sie erhalten diese Nachricht, weil diese Adresse für Nachrichten zu Ihrem Konto oder Ihren Geräten bestätigt ist. Sie enthält kein Bild und keinen Link, der Sie verfolgt. Adresse ändern oder entfernen: { $place }
mail-confirm-subject = Bestätigen Sie diese Adresse
mail-confirm-body =
    Jemand, vermutlich Sie selbst, möchte Nachrichten zu Konto und Geräten an diese Adresse bekommen.

    Öffnen Sie diesen Link, um sie zu bestätigen. Er gilt einmal, 24 Stunden lang:

    { $place }

    Wenn Sie das nicht waren, tun Sie nichts. Ohne den Link wird nichts hierher geschickt.
mail-fact-product = Ihr Gerät
mail-fact-device = siehe seine Seite
mail-fact-version = die neue Version
mail-fact-end = Datum auf seiner Seite
mail-fact-until = siehe Ihre Seiten
mail-fact-case = auf Ihren Seiten
mail-fact-browser = unbekannt
mail-fact-reason = siehe seine Seite
mail-fact-digits = auf seiner Seite
mail-page-title = Wohin wir Ihnen schreiben
mail-page-lead = Nachrichten zu Ihrem Konto und Ihren Geräten warten immer auf Ihren Seiten. Wenn Sie möchten, kommen sie auch per E-Mail. Eine Adresse ist für nichts anderes nötig, und niemand sonst bekommt sie.
mail-page-short = Nachrichten warten auf Ihren Seiten; hier bekommen Sie sie auch per E-Mail.
mail-page-address = Ihre E-Mail-Adresse
mail-page-hint = Wir schicken einen Link dorthin. Erst wenn Sie ihn öffnen, gehen Nachrichten an die Adresse.
mail-page-none = Keine Adresse: Es wird niemandem geschrieben.
mail-page-since = Bestätigt
mail-page-waits = Wartet auf Bestätigung: Öffnen Sie innerhalb von 24 Stunden den Link, der dorthin ging.
mail-page-send = Link schicken
mail-page-remove = Adresse entfernen
mail-page-remove-note = Die Adresse erfährt es noch einmal, dann wird sie vergessen. Nachrichten warten weiter auf Ihren Seiten.
mail-page-off = Diese Installation verschickt keine E-Mails. Nachrichten warten auf Ihren Seiten; sehen Sie ab und zu nach.
mail-page-confirm-title = Adresse bestätigen
mail-page-confirm-lead = Damit gehen Nachrichten zu Ihrem Konto und Ihren Geräten an die Adresse, an der Sie den Link bekommen haben.
mail-page-confirm = Ja, das ist meine Adresse
mail-page-confirmed = Die Adresse ist bestätigt. Nachrichten gehen jetzt auch dorthin.
mail-page-removed = Die Adresse wurde entfernt.
mail-page-sent = Der Link wurde geschickt. Öffnen Sie ihn innerhalb von 24 Stunden.
mail-page-last = Letzte Nachrichten
mail-page-state-waiting = wird verschickt; das wird drei Tage lang versucht
mail-page-state-sent = verschickt
mail-page-state-given-up = nicht zustellbar: Prüfen Sie oben die Adresse
mail-page-state-dropped = nicht verschickt, weil die Adresse vorher entfernt oder geändert wurde; die Nachricht steht auf Ihren Seiten
mail-page-link-mail = der Link zum Bestätigen einer Adresse
mail-page-account = Ihr Konto
mail-page-unknown = Der Link ist nicht bekannt oder wurde schon benutzt. Lassen Sie sich einen neuen schicken.
mail-page-what = Was
mail-page-when = Wann
mail-page-how = Stand

mail-passkey-added-subject = Ihrem Konto wurde ein Passkey hinzugefügt
mail-passkey-added-body =
    Ein neuer Passkey kann sich jetzt bei Ihrem Konto anmelden.

    Wenn Sie ihn selbst hinzugefügt haben, müssen Sie nichts tun.

    { mail-not-you }

mail-passkey-removed-subject = Von Ihrem Konto wurde ein Passkey entfernt
mail-passkey-removed-body =
    Ein Passkey kann sich nicht mehr bei Ihrem Konto anmelden.

    Prüfen Sie auf Ihrer Kontoseite, ob Ihnen noch zwei Wege zur Anmeldung bleiben.

    { mail-not-you }

mail-password-changed-subject = Ihr Passwort wurde geändert
mail-password-changed-body =
    Das Passwort Ihres Kontos wurde gesetzt, geändert oder entfernt. Alle anderen Sitzungen und alle Schlüssel für die Schnittstelle wurden beendet.

    Wenn Sie das selbst waren, müssen Sie nichts tun.

    { mail-not-you }

mail-second-factor-changed-subject = Ihr zweiter Faktor wurde geändert
mail-second-factor-changed-body =
    Der zweite Faktor Ihres Kontos, die sechs Ziffern aus einer App, wurde eingerichtet, geändert oder entfernt.

    Wenn Sie das selbst waren, müssen Sie nichts tun.

    { mail-not-you }

mail-recovery-used-subject = Ihr Konto wird wiederhergestellt
mail-recovery-used-body =
    Jemand hat einen Ihrer Wiederherstellungscodes benutzt und einen neuen Passkey eingerichtet. Er öffnet Ihr Konto von diesem Zeitpunkt an: { $until }. Alle anderen Sitzungen enden dann.

    Wenn Sie das waren, warten Sie bis dahin. Erzeugen Sie danach neue Wiederherstellungscodes.

    { mail-not-you }

mail-recovery-codes-made-subject = Neue Wiederherstellungscodes wurden erzeugt
mail-recovery-codes-made-body =
    Für Ihr Konto wurden neue Wiederherstellungscodes erzeugt. Früher gedruckte Codes gelten nicht mehr.

    Bewahren Sie die neuen auf Papier auf, getrennt von Ihrem Telefon, und werfen Sie die alten weg.

    { mail-not-you }

mail-sign-in-new-browser-subject = Anmeldung mit einem neuen Browser
mail-sign-in-new-browser-body =
    Bei Ihrem Konto hat sich jemand mit einem Browser angemeldet, der bisher nicht bekannt war: { $browser }.

    Wenn Sie das waren, müssen Sie nichts tun.

    { mail-not-you }

mail-sign-in-delayed-subject = Viele gescheiterte Anmeldungen bei Ihrem Konto
mail-sign-in-delayed-body =
    Jemand hat viele Male vergeblich versucht, sich bei Ihrem Konto anzumelden. Weitere Versuche aus unbekannten Browsern müssen nun warten.

    Niemand kam hinein, und Ihr eigener Browser und Ihre Passkeys funktionieren wie immer. Ein Passkey lässt sich nicht erraten; wenn Sie sich noch mit einem Passwort anmelden, ist heute ein guter Tag für den Wechsel.

mail-account-locked-subject = Ihr Konto ist gesperrt
mail-account-locked-body =
    Ihr Mitarbeiterkonto wurde nach zu vielen gescheiterten Anmeldungen gesperrt.

    Bitten Sie die Administration um einen neuen Einmal-Link. Sagen Sie dazu, wenn die Versuche nicht von Ihnen kamen.

mail-address-changed-subject = Die Adresse für Ihre Nachrichten wurde geändert
mail-address-changed-body =
    Die E-Mail-Adresse, an die Nachrichten zu Ihrem Konto gehen, wurde eingetragen, geändert oder entfernt. Diese Nachricht geht an die bisherige und an die neue Adresse.

    Wenn Sie das selbst waren, müssen Sie nichts tun.

    { mail-not-you }

mail-sessions-ended-subject = Sitzungen Ihres Kontos wurden beendet
mail-sessions-ended-body =
    Sie wurden in anderen Browsern abgemeldet. Melden Sie sich dort, wo Sie es brauchen, neu an.

    { mail-not-you }

mail-token-made-subject = Ein Schlüssel für die Schnittstelle wurde erzeugt
mail-token-made-body =
    Ein Schlüssel, mit dem ein Programm in Ihrem Namen handeln kann, wurde erzeugt. Er gilt bis: { $until }.

    Wenn Sie ihn selbst erzeugt haben, müssen Sie nichts tun.

    { mail-not-you }

mail-role-changed-subject = Ihre Rechte haben sich geändert
mail-role-changed-body =
    Die Administration hat Ihrem Konto eine andere Rolle gegeben. Sie wurden abgemeldet; melden Sie sich neu an, um weiterzuarbeiten.

    Fragen Sie dort nach, wenn Sie das nicht erwartet haben.

mail-device-claimed-subject = { $product } gehört jetzt Ihnen
mail-device-claimed-body =
    { $product } ({ $device }) gehört jetzt zu Ihrem Konto. Der Code auf dem Gerät lässt sich nicht noch einmal verwenden.

    Auf der Seite des Geräts finden Sie Updates, wer Zugriff hat und wie lange es unterstützt wird.

    { mail-not-you }

mail-claim-contested-subject = Jemand anderes möchte { $product } übernehmen
mail-claim-contested-body =
    Jemand, der { $product } ({ $device }) in der Hand hat, möchte es übernehmen. Wenn Sie nichts tun, gehört es dieser Person: { $until }.

    Haben Sie es verkauft oder verschenkt? Dann müssen Sie nichts tun oder geben es gleich auf seiner Seite frei.

    Gehört es noch Ihnen? Sagen Sie es vorher auf seiner Seite, dann bleibt es Ihres.

mail-member-invited-subject = Eine Einladung für { $product } wurde erstellt
mail-member-invited-body =
    In Ihrem Namen wurde eine Einladung erstellt, { $product } mitzubenutzen. Sie gilt ein einziges Mal.

    Wenn sie nicht von Ihnen ist, nehmen Sie sie auf der Seite des Geräts unter „Wer Zugriff hat“ zurück.

mail-member-joined-subject = { $product } wird jetzt mitbenutzt
mail-member-joined-body =
    Eine Einladung wurde angenommen: Eine weitere Person kann { $product } ({ $device }) jetzt benutzen.

    Wenn Sie das nicht erwartet haben, entfernen Sie die Person auf der Seite des Geräts unter „Wer Zugriff hat“.

mail-member-removed-subject = Ein Zugriff auf { $product } ist beendet
mail-member-removed-body =
    Eine Person hat keinen Zugriff mehr auf { $product } ({ $device }).

    Sie müssen nichts tun. Wer Zugriff hat, steht auf der Seite des Geräts.

mail-device-released-subject = { $product } wurde freigegeben
mail-device-released-body =
    { $product } ({ $device }) gehört jetzt niemandem. Ihre Einstellungen und Messwerte wurden vom Gerät und aus unserem Dienst entfernt.

    Wer es hat, kann es mit dem Code auf dem Gerät neu übernehmen.

    { mail-not-you }

mail-device-transferred-subject = { $product } hat den Besitzer gewechselt
mail-device-transferred-body =
    { $product } ({ $device }) wurde übergeben. Was der bisherige Besitzer auf dem Gerät und in unserem Dienst hatte, wurde entfernt.

    Sie müssen nichts tun.

    { mail-not-you }

mail-pairing-waits-subject = { $product } wartet auf Ihr Ja
mail-pairing-waits-body =
    Ein Telefon oder ein Dienst möchte sich mit { $product } ({ $device }) verbinden.

    Stimmen Sie auf der Seite des Geräts nur zu, wenn dort dieselben Ziffern stehen: { $digits }. Ohne Ihr Ja wird nichts verbunden.

mail-update-available-subject = Für { $product } liegt ein Update bereit
mail-update-available-body =
    Version { $version } kann auf { $product } ({ $device }) installiert werden. Grund: { $reason }.

    Wählen Sie auf der Seite des Geräts: jetzt, heute Nacht oder dieses nicht. Dort steht auch, wie lange es dauert.

mail-update-installed-subject = { $product } wurde aktualisiert
mail-update-installed-body =
    { $product } ({ $device }) läuft jetzt mit Version { $version } und arbeitet, wie es soll.

    Sie müssen nichts tun.

mail-update-failed-subject = Ein Update von { $product } wurde nicht installiert
mail-update-failed-body =
    Version { $version } konnte auf { $product } ({ $device }) nicht installiert werden. Das Gerät ist zur bisherigen Version zurückgekehrt und arbeitet wie zuvor.

    Sie müssen nichts tun; es wird noch einmal versucht. Kommt diese Nachricht ein zweites Mal, bitten Sie uns auf der Seite des Geräts um Hilfe.

mail-security-update-done-subject = Eine Schwachstelle von { $product } ist beseitigt
mail-security-update-done-body =
    { $product } ({ $device }) hat Version { $version } erhalten, die eine Schwachstelle beseitigt.

    Sie müssen nichts tun.

mail-quarantined-subject = { $product } ist in Quarantäne
mail-quarantined-body =
    { $reason ->
        [software] { $product } ({ $device }) führt etwas aus, das nicht unsere Software ist.
        [person] Unsere Leute haben { $product } ({ $device }) zur Sicherheit unter Quarantäne gestellt.
       *[other] { $product } ({ $device }) hat sich nicht so verhalten, wie es soll.
    } Es darf jetzt nur noch das Nötigste und spricht mit niemandem außer uns. In Ihrem Zuhause arbeitet es weiter.

    Was Sie tun können: { $reason ->
        [person] Vorerst nichts. Auf seiner Seite steht, wann es vorbei ist; fragen Sie uns, wenn es länger als einen Tag dauert.
       *[other] Lassen Sie es eingesteckt und verbunden. Soweit es geht, repariert es sich selbst. Auf seiner Seite steht, was aufgefallen ist und wie es weitergeht.
    }

mail-quarantine-lifted-subject = { $product } ist nicht mehr in Quarantäne
mail-quarantine-lifted-body =
    { $reason ->
        [person] Unsere Leute haben sich { $product } ({ $device }) angesehen und die Quarantäne aufgehoben.
        [behaviour] { $product } ({ $device }) wurde angesehen und darf wieder alles.
       *[other] { $product } ({ $device }) hat bewiesen, dass es unsere Software ausführt.
    } Alles funktioniert wieder.

    Sie müssen nichts tun.

mail-alarm-subject = { $product } braucht einen Blick
mail-alarm-body =
    Etwas an { $product } ({ $device }) braucht Ihre Aufmerksamkeit: { $reason }.

    Auf seiner Seite steht Schritt für Schritt, was zu tun ist.

mail-support-ends-soon-subject = Die Unterstützung für { $product } endet: { $end }
mail-support-ends-soon-body =
    { $product } bekommt Sicherheitsupdates bis { $end }. Das Gerät funktioniert danach weiter, aber später gefundene Schwachstellen werden nicht mehr beseitigt.

    Auf der Seite des Produkts steht, warum es dann endet, was wir raten und was es ersetzen kann.

mail-support-ended-subject = Die Unterstützung für { $product } ist beendet
mail-support-ended-body =
    { $product } bekommt keine Sicherheitsupdates mehr; die Unterstützung lief bis { $end }.

    Was Sie tun können: Nehmen Sie es aus dem Internet oder ersetzen Sie es. Auf der Seite des Produkts steht, wie und womit.

mail-support-extended-subject = { $product } wird länger unterstützt
mail-support-extended-body =
    { $product } bekommt jetzt Sicherheitsupdates bis { $end }, länger als zuvor angekündigt.

    Sie müssen nichts tun.

mail-help-received-subject = Ihre Frage ist angekommen
mail-help-received-body =
    Ihre Frage zu { $product } ist angekommen und hat die Nummer { $case }. Wir antworten innerhalb von 72 Stunden.

    Die Antwort erscheint auf Ihren Seiten, und wir sagen Ihnen hier Bescheid.

mail-help-answered-subject = Wir haben Ihre Frage beantwortet
mail-help-answered-body =
    Zu Ihrer Frage { $case } zu { $product } gibt es eine Antwort.

    Lesen Sie sie auf Ihren Seiten. Wenn sie nicht hilft, schreiben Sie dort noch einmal; wenn Sie nicht zufrieden sind, steht dort, wer entscheidet.

mail-help-overdue-subject = Eine Frage wartet zu lange
mail-help-overdue-body =
    Die Frage { $case } wartet länger als die zugesagten 72 Stunden.

    Beantworten Sie sie in der Konsole unter „Hilfe“.

mail-vulnerability-fixed-subject = Eine Schwachstelle von { $product } ist behoben
mail-vulnerability-fixed-body =
    Eine Schwachstelle von { $product } wurde gefunden und mit Version { $version } behoben.

    Was Sie tun können: Lassen Sie Ihr Gerät das Update installieren. Auf seiner Seite steht, ob es schon da ist.

mail-data-breach-subject = Mit personenbezogenen Daten ist etwas geschehen
mail-data-breach-body =
    Personenbezogene Daten von Besitzern waren möglicherweise in fremden Händen. Der Hersteller teilt Ihnen das mit, weil es Sie betrifft:

    { $reason }

    Alles steht auf der Seite /data-breach/{ $case } dieses Servers. Fragen Sie auf der Seite „Hilfe“ Ihres Kontos.

mail-unpatchable-subject = Eine Schwachstelle von { $product }, die kein Update beseitigt
mail-unpatchable-body =
    Bei { $product } wurde eine Schwachstelle gefunden, die wir nicht durch ein Update beseitigen können: { $reason }.

    Was Sie tun können: Folgen Sie den Schritten auf der Seite des Produkts. Dort steht, wie Sie es bis dahin sicher benutzen, bis wann Sie handeln sollten und wie es ersetzt wird.

oidc-button = Anmelden mit { $name }
oidc-title = Anmelden mit { $name }
oidc-lead = Verknüpfen Sie einmal Ihr Konto bei { $name }, dann meldet es Sie hier an. Was Sie hier dürfen, bleibt, wie es ist.
oidc-since = Verknüpft seit { $at }.
oidc-none = Kein Konto ist verknüpft.
oidc-link = Mein Konto bei { $name } verknüpfen
oidc-unlink = Verknüpfung lösen
oidc-linked = Das Konto ist verknüpft.
oidc-unlinked = Das Konto ist nicht mehr verknüpft.
oidc-refused-title = Nicht angemeldet
oidc-unreachable = Der Anmeldedienst antwortet nicht, wie er soll. Versuchen Sie es später noch einmal oder melden Sie sich auf einem anderen Weg an.
oidc-state-unknown = Diese Anmeldung wurde nicht in diesem Browser begonnen oder ist zu lange her. Beginnen Sie neu.
oidc-refused = Der Anmeldedienst hat Sie nicht hineingelassen.
oidc-token-wrong = Was der Anmeldedienst gesagt hat, stimmt nicht. Beginnen Sie neu; wenn es so bleibt, sagen Sie der Administration Bescheid.
oidc-account-unknown = Dieses Konto ist hier mit niemandem verknüpft. Melden Sie sich mit einem Einmal-Link an und verknüpfen Sie es auf der Seite Ihres Kontos.
mail-sign-in-linked-subject = Ihre Anmeldung über das Konto der Organisation wurde geändert
mail-sign-in-linked-body =
    Ein Konto bei der Anmeldung Ihrer Organisation wurde mit Ihrem Konto hier verknüpft oder davon gelöst.

    Wenn Sie das selbst waren, müssen Sie nichts tun.

    { mail-not-you }

# What follows a notice when the maker said it.
mail-more-what = Was geschehen ist: { $value }
mail-more-risk = Welches Risiko es beseitigt: { $value }
mail-more-urgency = Wie eilig es ist: { $value }.
mail-more-minutes = Wie lange das Gerät ausfällt: { $value }.
mail-more-todo = Was Sie tun müssen: { $value }.
mail-more-more = { $value }
mail-more-steps = Was Sie jetzt tun, Schritt für Schritt: { $value }
mail-more-deadline = Tun Sie es bis zum { $value }.
mail-more-contact = Wenn Sie Hilfe brauchen: { $value }
mail-more-advisories = Sicherheitshinweise: { $value }
mail-more-before = Bis dahin: { $value }
mail-more-after = Danach: { $value }
mail-more-effect = Es gilt ab dem { $value }, nicht früher.
mail-more-plan = Wie es ersetzt wird: { $value }
mail-more-link = Alles dazu, auch ohne Konto: { $value }

mail-update-required-subject = { $product } bekommt ein nötiges Update
mail-update-required-body =
    { $product } ({ $device }) bekommt Version { $version }, die eine Sicherheitslücke schließt. Das geschieht von selbst.

    Auf der Seite des Geräts können Sie einen anderen Zeitpunkt wählen.

mail-recovery-stopped-subject = Eine Wiederherstellung Ihres Kontos wurde angehalten
mail-recovery-stopped-body =
    Eine Wiederherstellung Ihres Kontos, die noch wartete, wurde angehalten. Der neue Passkey wurde entfernt, und alle Wiederherstellungscodes sind ungültig.

    Wenn Sie das waren, erzeugen Sie auf Ihrer Kontoseite neue Wiederherstellungscodes.

    { mail-not-you }

mail-passkey-copied-subject = Ein Passkey von Ihnen wurde vielleicht kopiert
mail-passkey-copied-body =
    Jemand wollte sich bei Ihrem Konto mit einem Passkey anmelden, der anderswo schon in einem neueren Stand benutzt wurde, so wie es bei einer Kopie wäre. Er wurde nicht angenommen.

    Entfernen Sie diesen Passkey auf Ihrer Kontoseite und fügen Sie einen neuen hinzu, von einem Gerät, dem Sie vertrauen.

    { mail-not-you }

mail-account-frozen-subject = Ihr Konto wurde gesichert
mail-account-frozen-body =
    Jemand, der Ihre E-Mails liest, vermutlich Sie selbst, hat gesagt, dass eine Änderung an Ihrem Konto nicht von Ihnen kam. Alle Sitzungen und alle Schlüssel für die Schnittstelle sind beendet. Was seit dieser Änderung hinzukam, wurde entfernt oder ruht, und das Passwort öffnet nichts, bis ein Passkey oder eine Wiederherstellung das Konto geöffnet hat.

    Melden Sie sich mit einem Passkey an, den Sie vorher schon hatten, oder benutzen Sie einen Wiederherstellungscode. Entfernen Sie dann, was Sie nicht kennen, und setzen Sie ein neues Passwort, wenn Sie eines benutzen.

    Wenn Sie das nicht gesagt haben: Jemand anderes kann Ihre E-Mails lesen. Geöffnet wurde dieser Person nichts. Melden Sie sich an und ändern Sie die Adresse für Ihre Nachrichten.

mail-recall-asked-subject = Wir möchten Ihre Zuordnung von { $product } beenden
mail-recall-asked-body =
    Jemand von uns hat darum gebeten, dass { $product } ({ $device }) nicht mehr Ihnen gehört. Wenn Sie nichts tun, wird es freigegeben, und alles von Ihnen wird darauf gelöscht: { $until }.

    Haben Sie es zurückgeschickt oder uns darum gebeten? Dann müssen Sie nichts tun.

    Gehört es noch Ihnen? Sagen Sie es vorher auf seiner Seite unter „Wer Zugriff hat“, dann bleibt es Ihres.

mail-security-update-refused-subject = { $product } fehlt noch ein Sicherheitsupdate
mail-security-update-refused-body =
    { $product } ({ $device }) hat Version { $version } nicht, die eine Schwachstelle beseitigt, weil sie bei Ihnen abgelehnt wurde. Bis sie installiert ist, kann jemand, der die Schwachstelle kennt, sie ausnutzen.

    Was Sie tun können: Wählen Sie auf der Seite der Updates „jetzt“ oder „heute Nacht“. Sie können es auch lassen; wir erinnern Sie an dieses Update dreimal und dann nicht mehr.

mail-promise-changes-subject = Was wir zu { $product } zusagen, ändert sich: { $end }
mail-promise-changes-body =
    Ab { $end } gilt etwas anders, was wir zu { $product } gesagt haben. Bis dahin gilt alles, wie es gesagt war. Das Ende der Sicherheitsupdates rückt nicht näher.

    Die Seite des Produkts zeigt, was jetzt gesagt wird und was dann gesagt wird.


mail-fact-title = siehe die Seite
mail-fact-place = auf Ihren Seiten
mail-bulletin-subject = Hinweis: { $title }
mail-bulletin-body =
    Es gibt einen Hinweis zu Geräten von Ihnen: { $title }

    Was geschehen ist, ob Ihr Gerät betroffen ist, was zu tun ist und bis wann, steht auf der Seite unten.

mail-policy-changes-subject = Eine unserer Richtlinien ändert sich am { $title }
mail-policy-changes-body =
    Wir ändern, wie wir etwas tun. Die neue Fassung gilt ab dem { $title }; bis dahin gilt die jetzige.

    Auf der Seite unten steht, was anders wird, und dort sehen Sie beide. Wenn Sie nicht einverstanden sind, können Sie Ihr Gerät vor diesem Tag abgeben: Das löscht, was wir davon aufbewahren.
