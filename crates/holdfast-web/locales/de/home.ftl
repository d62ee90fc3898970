# Room: home. The consumer's pages.
home-title = Meine Geräte
home-nav = Mein Zuhause
home-nav-home = Geräte
home-nav-alerts = Neues
home-nav-support = Support
home-nav-help = Hilfe
home-nav-settings = Ich
home-unread = noch nicht gelesen
home-tabs = Zu diesem Gerät
home-tab-now = Jetzt
home-tab-updates = Updates
home-tab-people = Personen
home-tab-give = Abgeben
home-tab-leave = Verlassen
home-now = Wie es ihm gerade geht
home-guest = Sie sind hier Gast
home-add = Gerät hinzufügen
home-add-scan = Scannen Sie den Code auf dem Gerät mit der Kamera Ihres Telefons, oder tippen Sie ab, was darunter gedruckt ist.
home-older = Ältere
home-on = Ein
home-off = Aus
home-unset = wie das Gerät will
home-unknown = nicht bekannt
home-hidden = verborgen
home-me = Sie
home-change = Ändern
home-since = seit: { $at }
home-just-now = gerade eben
home-ago-minutes = { $count ->
    [one] vor { $count } Minute
   *[other] vor { $count } Minuten
}
home-ago-hours = { $count ->
    [one] vor { $count } Stunde
   *[other] vor { $count } Stunden
}
home-ago-days = { $count ->
    [one] vor { $count } Tag
   *[other] vor { $count } Tagen
}
home-in-minutes = { $count ->
    [one] in { $count } Minute
   *[other] in { $count } Minuten
}
home-in-hours = { $count ->
    [one] in { $count } Stunde
   *[other] in { $count } Stunden
}
home-in-days = { $count ->
    [one] in { $count } Tag
   *[other] in { $count } Tagen
}

home-empty-title = Holen Sie Ihr erstes Gerät nach Hause
home-empty-1 = Schalten Sie das Gerät ein und bleiben Sie daneben.
home-empty-2 = Scannen Sie den Code auf dem Etikett mit der Kamera Ihres Telefons.
home-empty-3 = Drücken Sie die Taste am Gerät, wenn es fragt. Fertig: Sie brauchen kein Passwort.
home-empty-code = Keine Kamera zur Hand? Tippen Sie den Code vom Etikett ab
home-empty-type = Weiter
home-empty-invited = Hat Sie jemand zu einem Gerät eingeladen? Öffnen Sie den Link, den Sie bekommen haben.

home-state-danger = braucht Sie sofort
home-state-attention = braucht Sie
home-state-choice = fragt Sie
home-state-busy = ist beschäftigt
home-state-away = nicht erreichbar
home-state-never = noch nicht eingerichtet
home-state-fine = alles gut
home-more = { $count ->
    [one] und noch { $count } weiterer Punkt
   *[other] und noch { $count } weitere Punkte
}
home-listening = { $count ->
    [one] { $count } Sensor hört oder sieht gerade zu
   *[other] { $count } Sensoren hören oder sehen gerade zu
}

home-line-revoked = Der Hersteller hat dieses Gerät zurückgezogen. Es kann sich nicht mehr verbinden.
home-step-revoked = Seine Grundaufgabe erfüllt es weiter. Fragen Sie den Hersteller nach dem Grund und nach Ersatz.
home-line-cloned = Jemand anderes gibt sich als dieses Gerät aus. Der Versuch wurde abgewiesen.
home-step-cloned = Ihr Gerät arbeitet weiter. Wenn Sie es gebraucht gekauft oder verliehen haben, sagen Sie es dem Hersteller.
home-line-contained-software = Auf dem Gerät läuft Software, die der Hersteller nicht veröffentlicht hat. Es ist von allem anderen getrennt ({ $since }).
home-step-contained-software = Es kehrt von selbst zur letzten guten Version zurück, meist in wenigen Minuten. Falls nicht nach einer Stunde: einmal aus- und einschalten, dann den Hersteller fragen.
home-line-contained-person = Der Hersteller hat es zur Sicherheit getrennt ({ $since }).
home-step-contained-person = Seine Grundaufgabe erfüllt es weiter. Fragen Sie nach, falls Ihnen niemand den Grund gesagt hat.
home-line-contained-behaviour = Es hat sich ungewöhnlich verhalten und wurde vorsichtshalber getrennt ({ $since }).
home-step-contained-behaviour = Schalten Sie es einmal aus und ein. Es darf zurück, sobald es sich ausgewiesen hat.
home-line-contested = Jemand anderes hat dieses Gerät in der Hand und möchte es übernehmen ({ $until }).
home-line-contested-title = Jemand anderes möchte dieses Gerät
home-line-recalled = Der Hersteller möchte Ihre Zuordnung beenden ({ $until }), wenn Sie es nicht anhalten.
home-step-recalled = Haben Sie es zurückgeschickt oder darum gebeten? Dann tun Sie nichts. Wenn nicht, halten Sie es jetzt an.
home-step-contested = Haben Sie es abgegeben? Dann tun Sie nichts. Wenn nicht, widersprechen Sie jetzt.
home-line-unusual = Es verhält sich ungewöhnlich. Der Hersteller sieht nach.
home-step-unusual = Prüfen Sie, ob jemand es geöffnet oder bewegt hat. Schalten Sie es aus, wenn Sie unsicher sind.
home-line-never = Es war noch nie verbunden.
home-step-never = Schalten Sie es ein, stellen Sie es in die Nähe Ihres WLANs und folgen Sie der Anleitung.
home-line-away = Zuletzt gehört: { $since }. Seitdem nichts mehr.
home-step-away = Ist es eingeschaltet, und geht Ihr WLAN? Es arbeitet auch ohne Verbindung und meldet alles, sobald es zurück ist.
home-line-away-short = Gerade nicht erreichbar (zuletzt: { $since }). Es kommt von selbst zurück.
home-line-asks = Das Gerät bittet um ein Ja: Jemand möchte sich verbinden.
home-step-asks = Gehen Sie zum Gerät. Vergleichen Sie die Ziffern und bestätigen Sie dort nur, wenn Sie das waren.
home-line-battery = Der Akku ist bei { $percent } %.
home-step-battery = Bitte in den nächsten Tagen laden oder wechseln.
home-line-support-ended = Es bekommt keine Sicherheitsupdates mehr.
home-step-support-ended = Es arbeitet weiter. Nutzen Sie es ab jetzt ohne Internet oder ersetzen Sie es; die Seite zum Support sagt, wie.
home-line-support-soon = Die Sicherheitsupdates enden in { $days } Tagen.
home-step-support-soon = Noch ist nichts zu tun. Die Seite zum Support sagt, was dann geschieht.
home-line-update-failed = Das Update auf { $version } ließ sich nicht installieren. Das Gerät läuft wie bisher.
home-step-update-failed = Nichts ist kaputt. Der Hersteller weiß davon; auf der Seite der Updates steht mehr.
home-line-update-rolled-back = Nach dem Update auf { $version } ging es ihm nicht gut. Es ist von selbst zur Version davor zurückgekehrt.
home-step-update-rolled-back = Es arbeitet und versucht diese Version nicht noch einmal. Der Hersteller weiß davon.
home-line-update-waits = Version { $version } mit etwas Neuem ist bereit.
home-step-update-waits = Sehen Sie nach, was sie bringt, und wählen Sie: jetzt, heute Nacht oder diese nicht.
home-line-update-ready = Version { $version } wird in Kürze von selbst installiert.
home-line-update-night = Version { $version } wird heute Nacht zwischen 1 und 5 Uhr installiert.
home-line-update-later = Sie haben Version { $version } verschoben. Sie kommt wieder: { $until }.
home-line-update-refused = Sie haben sich gegen Version { $version } entschieden.
home-step-update-changed = Sie können es sich noch anders überlegen.
home-line-security-refused = Sie haben sich gegen das Sicherheitsupdate { $version } entschieden. Eine bekannte Lücke bleibt offen.
home-step-security-refused = Bitte überlegen Sie es sich noch einmal: Über diese Lücke können andere in Ihr Gerät gelangen.
home-line-update-downloading = Es lädt Version { $version } ({ $percent } %). Dabei arbeitet es weiter.
home-line-update-installing = Es installiert Version { $version }. Dabei arbeitet es weiter.
home-line-update-restarting = Es startet neu mit Version { $version } und prüft, ob alles gut ist. Das dauert ein bis zwei Minuten.
home-line-update-silent = Es hat begonnen, Version { $version } zu installieren, und schweigt seitdem.
home-step-update-silent = Lassen Sie es eingeschaltet. Wenn sich einen Tag lang nichts ändert, schalten Sie es einmal aus und ein.
home-line-update-done = Version { $version } wurde installiert ({ $at }).
home-line-settings-wait = { $count ->
    [1] Eine Einstellung wartet, bis das Gerät sie übernimmt.
   *[other] { $count } Einstellungen warten, bis das Gerät sie übernimmt.
}
home-line-works = Es tut seine Arbeit.
home-line-works-version = Es tut seine Arbeit, mit Version { $version }.
home-go-updates = Zu den Updates
home-go-people = Zu den Personen
home-go-support = Zum Support
home-go-help = Den Hersteller fragen

home-version = Version { $version }
home-listens-title = Wer hört gerade zu?
home-listens-on = an
home-listens-off = aus
home-listens-unknown = nicht bekannt
home-listens-note = Das sagt das Gerät selbst, und es schaltet dazu seine eigene Leuchte ein. Wenn Leuchte und Seite verschieden sind, glauben Sie der Leuchte und fragen Sie den Hersteller.
home-sense-microphone = Mikrofon
home-sense-camera = Kamera
home-sense-location = Standort
home-controls = Einstellungen
home-controls-lead = Auch wenn das Gerät gerade weg ist: Es übernimmt sie, sobald es zurück ist.
home-setting-has = Das Gerät hat noch: { $value }
home-actions = Tun
home-no-control = Die Besitzerin oder der Besitzer hat Ihnen nicht erlaubt, Einstellungen zu ändern.
home-sent-title = Was es gesendet hat
home-sent-lead = Wie viel kam, und die neuesten Werte. Ohne Ihr Ja sieht niemand außerhalb Ihres Zuhauses die Werte.
home-sent-only-figures = Wie viel kam. Die Werte zu sehen hat man Ihnen nicht erlaubt.
home-sent-readings = { $count ->
    [one] { $count } Messung
   *[other] { $count } Messungen
}
home-sent-missing = { $count ->
    [one] { $count } ging unterwegs verloren
   *[other] { $count } gingen unterwegs verloren
}
home-measured = gemessen { $at }
home-local-title = Ohne Internet
home-local-text = Jede Einstellung lässt sich auch zu Hause direkt am Gerät ändern, wenn Internet oder Hersteller nicht erreichbar sind.
home-local-how = So geht es
home-local-1 = Seien Sie im selben WLAN wie das Gerät. Öffnen Sie seine eigene Seite: Die Adresse steht auf seinem Bildschirm, in der Anleitung oder in der Liste Ihres Routers.
home-local-2 = Verbinden Sie Ihr Telefon einmal; bestätigen Sie es am Gerät, wenn die Ziffern übereinstimmen.
home-local-3 = Was Sie dort ändern, steht hier, sobald das Internet zurück ist. Der neueste Wunsch zählt.
home-local-id = Sein Name in Ihrem Netz: { $id }

home-updates-of = Updates für { $name }
home-updates-runs = Es läuft Version { $version }
home-updates-runs-unknown = Wir wissen noch nicht, welche Version läuft
home-offer-title = Version { $version }
home-kind-security = Sicherheit
home-kind-feature = etwas Neues
home-offer-why = Warum
home-offer-size = Größe
home-offer-effect = Was Sie merken
home-offer-effect-text = Beim Laden und Installieren arbeitet es weiter. Am Ende startet es neu: ein bis zwei Minuten.
home-offer-published = Veröffentlicht
home-offer-fails = Wenn es schiefgeht
home-offer-fails-text = Das Gerät kehrt von selbst zur Version davor zurück.
home-signers = { $count ->
    [one] von einer Person unterschrieben
   *[other] von { $count } Personen unterschrieben
}
home-run-queued = wartet
home-run-downloading = wird geladen
home-run-installing = wird installiert
home-run-rebooting = startet neu
home-run-succeeded = installiert
home-run-failed = nicht installiert
home-run-rolled-back = zurückgenommen
home-run-declined = nicht gewünscht
home-run-unknown = keine Nachricht
home-standing-goes = Es wird installiert, sobald das Gerät danach sieht.
home-standing-yes = Es wartet auf Ihr Ja.
home-standing-night = Es wird in der Nacht installiert: { $in }.
home-standing-later = Sie haben es verschoben; es kommt wieder: { $in }.
home-standing-refused = Sie haben gesagt: dieses nicht.
home-standing-runs = Das Gerät ist dabei. Sie müssen nichts tun.
home-choose = Ihre Wahl
home-choose-security = Ein Sicherheitsupdate installiert sich von selbst. Sie können es bis zu sieben Tage verschieben.
home-choose-feature = Ohne Ihr Ja wird nichts installiert.
home-choose-now = Jetzt installieren
home-choose-tonight = Heute Nacht installieren, 1 bis 5 Uhr
home-choose-zone = Ihre Zeitzone
home-choose-days = Tage
home-choose-later = Später
home-choose-never = Dieses nicht …
home-choose-never-security = Es schließt eine bekannte Lücke. Ohne das Update können andere in Ihr Gerät gelangen oder sehen, was es sieht. Ihr Nein wird aufbewahrt und auf der Seite des Geräts gezeigt.
home-choose-never-feature = Das Gerät bleibt bei seiner Version. Spätere Versionen werden Ihnen wieder angeboten.
home-choose-never-yes = Dieses nicht installieren
home-choose-not-yours = Wann es installiert wird, wählt die Besitzerin oder der Besitzer.
home-no-offer = Auf dem neuesten Stand
home-no-offer-text = Es gibt nichts Neueres. Wenn es etwas gibt, steht es hier, mit seinem Grund.
home-past = Frühere Updates
home-past-none = Noch keine.

home-people-of = Personen bei { $name }
home-people-lead = Wer dieses Gerät nutzen darf, und wie weit.
home-household = Haushalt
home-owner = besitzt es
home-invited = Offene Einladung
home-expires = endet { $in }
home-rights = Was sie dürfen
home-right-look = Zustand sehen
home-right-control = Einstellungen ändern
home-right-updates = Updates wählen
home-right-data = Messwerte sehen
home-remove = { $name } entfernen
home-invite-title = Jemanden einladen
home-invite-lead = Sie bekommen einen Link, der einmal gilt. Wer ihn öffnet, hat die Rechte, die Sie hier geben. Sie können sie jederzeit zurücknehmen.
home-invite-may = Diese Person darf außerdem
home-invite-make = Link erstellen
home-invite-made = Ihre Einladung
home-invite-once = Dieser Link wird nur jetzt gezeigt. Er gilt einmal und endet nach einigen Tagen.
home-invite-send = Schicken Sie ihn nur der Person, die Sie meinen.
home-invite-cancel = Zurücknehmen
home-name-title = Name
home-name-label = Wie Sie es nennen, zum Beispiel „Wohnzimmer“
home-phones-title = Verbundene Telefone
home-phones-lead = Sie können das Gerät in Ihrem eigenen Netz nutzen, ohne Internet. Jedes wurde am Gerät bestätigt.
home-phones-none = Keines ist verbunden.
home-phone-end = Beenden
home-contest-text = Diese Person hat das Gerät in der Hand und hat daran bestätigt. Ohne Ihren Widerspruch gehört es ihr ({ $until }), und vorher wird alles von Ihnen darauf gelöscht.
home-contest-object = Widersprechen: Es gehört mir

home-give-of = { $name } abgeben
home-leave-of = { $name } verlassen
home-leave-confirm = Das lässt sich nicht zurücknehmen. Weisen Sie sich vorher noch einmal aus.
home-leave-confirm-go = Jetzt ausweisen
home-release-title = Verkaufen, verschenken, entsorgen
home-release-lead = Ein Schritt erledigt alles:
home-release-1 = Das Gerät löscht Ihre Einstellungen, verbundene Telefone und alles, was es von Ihnen hat, sobald es verbunden ist.
home-release-2 = Wir löschen, was es gemessen hat und was ihm gesagt wurde. Nur was das Gesetz verlangt, bleibt, ohne Ihren Namen.
home-release-3 = Alle im Haushalt verlieren sofort den Zugang.
home-release-4 = Die nächste Person kann es mit dem Code auf dem Etikett übernehmen.
home-release-do = { $name } abgeben
home-understood = Ich habe verstanden, dass sich das nicht zurücknehmen lässt.
home-transfer-title = Im Haushalt weitergeben
home-transfer-lead = Jemand aus dem Haushalt übernimmt das Gerät. Alles von Ihnen wird darauf ebenso gelöscht.
home-transfer-to = Wer übernimmt
home-transfer-do = Weitergeben
home-go-title = Diesen Haushalt verlassen
home-go-lead = Sie können das Gerät nicht mehr sehen und nicht mehr nutzen. Wem es gehört, wird benachrichtigt und kann Sie wieder einladen.
home-understood-leave = Ja, ich möchte gehen.
home-go-do = Verlassen

home-alerts-title = Neues
home-alerts-none = Nichts zu berichten
home-alerts-none-text = Wenn mit Ihren Geräten oder Ihrem Konto etwas geschieht, steht es hier.
home-alerts-read = Alles gelesen
home-alerts-new = Neu
home-alerts-more = Was es bedeutet und was zu tun ist
home-alerts-go = Dorthin

home-support-title = Bis wann es Updates gibt
home-support-lead = Für jedes Ihrer Produkte: der letzte Tag mit Sicherheitsupdates, warum bis dann, und was danach kommt.
home-support-none = Noch kein Gerät
home-support-none-text = Sobald Sie eines haben, stehen seine Daten hier.
home-support-until = Sicherheitsupdates bis { $day }
home-support-ended = Keine Sicherheitsupdates seit { $day }
home-support-left = noch { $left }
home-support-over = vorbei
home-support-why = Warum bis dann
home-support-then = Was dann geschieht
home-support-then-text = Das Gerät arbeitet weiter, auch ohne Internet. Neue Lücken werden nicht mehr geschlossen. Wir sagen es Ihnen zwölf, sechs und einen Monat vorher.
home-support-unknown = Der Hersteller hat noch kein Datum veröffentlicht. Fragen Sie danach: Sie haben ein Recht darauf.
home-support-public = Alles, was der Hersteller verspricht

home-settings-title = Ich
home-mail-title = Neues per E-Mail
home-mail-yes = Neues geht auch an Ihre E-Mail-Adresse.
home-mail-no = Neues steht nur hier. Wenn Sie möchten, kommt es auch per E-Mail.
home-mail-off = Dieser Dienst verschickt keine E-Mail. Neues steht hier; sehen Sie ab und zu nach.
home-mail-go = E-Mail-Adresse
home-account-title = Anmelden
home-account-text = Passkeys, Codes zur Wiederherstellung, angemeldete Browser.
home-account-go = Mein Konto

home-help-title = Hilfe
home-help-lead = Fragen Sie den Hersteller. Es antwortet ein Mensch, keine Maschine.
home-help-mine = Ihre Anfragen
home-help-ask = Neue Anfrage
home-help-promise = Sie bekommen innerhalb von 72 Stunden eine erste Antwort.
home-help-topic = Worum geht es?
home-topic-help = Ich brauche Hilfe
home-topic-defect = Etwas ist kaputt
home-topic-data = Meine Daten: sehen, berichtigen, mitnehmen, löschen
home-topic-complaint = Beschwerde: Etwas soll in Ordnung gebracht werden
home-help-device = Welches Gerät?
home-help-no-device = keines davon
home-help-text = Ihre Nachricht
home-help-hint = Bis zu 4000 Zeichen. Bitte keine Passwörter. Nur Sie und die Hilfe des Herstellers können sie lesen.
home-help-send = Senden
home-help-waiting = wartet auf Antwort
home-help-answered = beantwortet
home-help-late = verspätet: Das tut uns leid
home-help-due = Erste Antwort spätestens { $in }
home-help-was-due = Die Antwort war fällig: { $in }. Der Hersteller wurde erinnert.
home-help-asked = gefragt { $at }
home-help-you = Sie
home-help-maker = Der Hersteller
home-help-talk = Gespräch
home-help-add = Etwas hinzufügen
home-help-reopen = Wieder öffnen
home-help-reopen-until = Nicht zufrieden? Sie können es wieder öffnen; das endet { $in }.
home-help-solved = Es ist gelöst
home-help-withdraw = Zurückziehen
home-outcome-solved = gelöst
home-outcome-explained = erklärt
home-outcome-replaced = repariert oder ersetzt
home-outcome-refunded = Geld zurück
home-outcome-data-done = mit Ihren Daten erledigt
home-outcome-refused = abgelehnt
home-outcome-withdrawn = zurückgezogen

home-done-set = Gespeichert. Das Gerät übernimmt es, sobald es verbunden ist.
home-done-ordered = Das Gerät weiß Bescheid.
home-done-chosen-now = Gut. Das Gerät beginnt, sobald es danach sieht.
home-done-chosen-tonight = Gut. Es wird in der Nacht installiert.
home-done-chosen-later = Verschoben.
home-done-chosen-never = Es wird nicht installiert. Sie können es sich hier anders überlegen.
home-done-renamed = Der Name ist gespeichert.
home-done-rights = Die Rechte sind gespeichert.
home-done-removed = Erledigt. Der Zugang ist beendet.
home-done-cancelled = Die Einladung gilt nicht mehr.
home-done-revoked = Das Telefon wird getrennt, sobald das Gerät verbunden ist.
home-done-read = Alles gelesen.
home-done-asked = Ihre Anfrage ist angekommen. Die Uhr läuft.
home-done-added = Gesendet.
home-done-ended = Die Anfrage ist geschlossen.
home-done-left = Erledigt.

home-no-update-none = Es wartet kein Update mehr. Sehen Sie die Seite noch einmal an.
home-no-update-changed = Inzwischen wird eine andere Version angeboten. Sehen Sie nach, was sie bringt, und wählen Sie dann.
home-no-update-begun = Das Gerät hat schon begonnen. Es wird fertig oder kehrt von selbst zurück.
home-no-update-too-late = Ein Update lässt sich um höchstens sieben Tage verschieben.
home-no-right-missing = Dieses Recht haben Sie hier nicht. Fragen Sie, wem das Gerät gehört.
home-no-shadow-version-conflict = Jemand anderes hat die Einstellungen im selben Augenblick geändert. Sehen Sie sie noch einmal an.
home-no-out-of-range = Ein Wert liegt außerhalb dessen, was das Gerät zulässt.
home-no-value-malformed = Ein Wert ist nicht lesbar. Bitte prüfen Sie Ihre Eingabe.
home-no-device-quarantined = Das Gerät ist getrennt und nimmt gerade keine Aufträge an.
home-no-help-text-length = Bitte schreiben Sie etwas, höchstens 4000 Zeichen.
home-no-help-text-unseen = Die Nachricht enthält ein Zeichen, das sich nicht zeigen lässt. Bitte tippen Sie sie ohne Einfügen.
home-no-help-too-many-open = Sie haben zehn offene Anfragen. Bitte schreiben Sie in eine davon.
home-no-help-too-old = Sie wurde vor mehr als vierzehn Tagen geschlossen. Bitte öffnen Sie eine neue.
home-no-not-understood = Bitte kreuzen Sie an, dass Sie verstanden haben, was geschieht.
home-no-not-the-owner = Das kann nur, wem das Gerät gehört.

# How the version that runs was checked.
home-check = Wie Ihre Version geprüft wurde
home-check-ok = Ihr Gerät hat nachgewiesen, dass genau das läuft, was veröffentlicht wurde.
home-check-bad = Auf Ihrem Gerät läuft etwas anderes als das, was veröffentlicht wurde. Der Hersteller weiß Bescheid.
home-check-not-yet = Ihr Gerät hat noch nicht nachgewiesen, was auf ihm läuft.
home-check-at = Letzter Nachweis
home-check-signers = Unterschrieben von
home-check-signed = { $count } Schlüsseln des Herstellers ({ $needed } nötig)
home-check-entry = In der öffentlichen Historie
home-check-entry-line = Eintrag { $index }
home-check-entry-none = Veröffentlicht, bevor die Historie geführt wurde
home-check-digest = Fingerabdruck der Version
home-check-what = Mehrere Personen beim Hersteller unterschreiben jede Version. Der Fingerabdruck steht in einer Historie, die nachträglich nicht geändert werden kann und die jeder prüfen darf; der Eintrag ist für alle derselbe.
home-recall-title = Der Hersteller möchte Ihre Zuordnung beenden
home-recall-why = Angegebener Grund: { $reason }.
home-recall-text = Ohne ein Wort von Ihnen wird das Gerät freigegeben ({ $until }): Dann gehört es niemandem, und alles von Ihnen wird darauf gelöscht. Wenn Sie das nicht möchten, halten Sie es hier an; mehr ist nicht nötig.
home-recall-stop = Anhalten: Es gehört mir
home-done-recall-stopped = Angehalten. Das Gerät bleibt Ihres.
home-recall-reason-unit-returned = das Gerät kam zu uns zurück
home-recall-reason-owner-asked = Sie haben uns darum gebeten
home-recall-reason-estate = jemand anderes hat ein Recht darauf, etwa nach einem Todesfall
home-recall-reason-authority = eine Behörde hat es angeordnet


home-tab-check = Prüfen
home-check-of = Einrichtung von { $name } prüfen
home-check-well = Alles, was es schützt, ist so, wie es sein soll.
home-check-todo = { $count ->
    [one] Ein Punkt ist offen.
   *[other] { $count } Punkte sind offen.
}
home-check-repair = Alles auf die sichere Wahl stellen
home-check-setting = Zu dieser Einstellung
home-check-go = Dort nachsehen
home-verdict-good = wie es sein soll
home-verdict-open = offen
home-verdict-unknown = nicht bekannt
home-check-software = Seine Software
home-check-software-good = Es hat bewiesen, dass es ausführt, was sein Hersteller veröffentlicht hat.
home-check-software-open = Etwas daran ist nicht, wie es sein soll. Auf seiner Seite steht, was, und was zu tun ist.
home-check-software-unknown = Seit einem Tag kam nichts von ihm; das kann niemand sagen.
home-check-updates = Updates
home-check-updates-good = Sicherheitsupdates kommen von selbst, und keines fehlt.
home-check-updates-open = Ein Update wurde nicht installiert oder abgelehnt. Sehen Sie es sich an.
home-check-updates-unknown = Seit einem Tag kam nichts von ihm; das kann niemand sagen.
home-check-support = Wie lange es Updates gibt
home-check-support-good = Schwachstellen, die gefunden werden, werden beseitigt.
home-check-support-open = Es gibt keine Sicherheitsupdates mehr. Nutzen Sie es ohne Internet, oder ersetzen Sie es.
home-check-support-unknown = Der Hersteller hat noch kein Datum veröffentlicht.
home-check-heard = Seine Verbindung
home-check-heard-good = Es meldet sich, also bekommt es Updates.
home-check-heard-open = Seit einem Tag kam nichts von ihm. Ist es eingeschaltet, und funktioniert Ihr WLAN?
home-check-heard-unknown = Das kann niemand sagen.
home-check-recovery = Der Weg zurück in Ihr Konto
home-check-recovery-good = Wenn Sie Ihr Telefon verlieren, kommen Sie trotzdem hinein.
home-check-recovery-open = Sie haben nur einen Zugang. Fügen Sie einen zweiten Passkey hinzu, oder drucken Sie Wiederherstellungscodes.
home-check-recovery-unknown = Das kann niemand sagen.
home-setting-safe = Das Gerät hat die sichere Wahl.
home-setting-waits = Die sichere Wahl ist auf dem Weg zum Gerät.
home-setting-open = Eine andere Wahl als die sichere.
home-setting-unknown = Das Gerät hat noch nicht gesagt, wie es eingestellt ist.
home-done-repaired = Erledigt. Das Gerät übernimmt die sichere Wahl, sobald es verbunden ist.
home-risk-title = Bevor Sie das umstellen
home-risk-lead = Damit verlassen Sie die sichere Wahl. Lesen Sie, wozu das führen kann, und entscheiden Sie dann.
home-risk-steps = Was die Gefahr verringert
home-risk-no = So lassen, wie es ist
home-risk-yes = Ich weiß es. Umstellen
home-no-risk-not-accepted = Damit verlassen Sie die sichere Wahl. Lesen Sie zuerst, wozu das führen kann.
home-month-go = Was es im letzten Monat gesendet hat
home-month-of = Ein Monat mit { $name }
home-month-lead = Seit { $from }: { $total }.
home-month-note = Gezählt wird, was hier gespeichert ist: Jede Nachricht, die kam, steht einmal in diesen Zahlen; was bis dahin gelöscht wurde, nicht.
home-month-personal = über Sie
home-month-less = Weniger senden: zu seinen Einstellungen
home-month-on = an der Arbeit seit { $at }
home-month-off = aus seit { $at }
