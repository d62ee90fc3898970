# Room: the console's fleet: overview, devices, groups, custody, coming back.
fleet-lead = Wie es den Geräten gerade geht.
fleet-none = Noch ist kein Gerät bekannt.
fleet-in-quarantine = in Quarantäne
fleet-made = hergestellt, noch nicht gesehen
fleet-needs = Was heute auf Sie wartet
fleet-runs = Was auf ihnen läuft
fleet-newest = Neuestes Release zuerst
fleet-no-version = Noch ist keine Version bekannt.
fleet-open-alerts = Offene Alarme
fleet-all-alerts = Alle Alarme
fleet-calm = Nichts wartet auf Sie.
fleet-telemetry = Messwerte
fleet-minute-ago = vor einer Minute
fleet-now = jetzt
fleet-rollouts = Verteilungen
fleet-all-deployments = Alle Verteilungen
fleet-no-rollout = Nichts wird verteilt.
fleet-all-devices = Alle Geräte
fleet-none-yet = Noch keine.
fleet-none-text = Legen Sie ein Produkt an und importieren Sie dann die Werksliste seiner ersten Charge. Jedes Gerät darin erzeugt seinen eigenen Schlüssel und meldet sich von selbst.
fleet-online-of = online, von { $known } bekannten
fleet-kpi-alerts = { $count ->
    [one] offener Alarm
   *[other] offene Alarme
}
fleet-nothing = Nichts. Was sich von selbst erledigen ließ, ist erledigt.
fleet-no-version-text = Ein Gerät sagt mit seinem ersten Nachweis, was auf ihm läuft, gleich nach dem Verbinden.
fleet-calm-text = Manipulation, kopierte Identitäten und misslungene Updates erscheinen hier.
fleet-connected = { $n } verbunden
fleet-rate = Nachrichten je Sekunde
fleet-stored = { $stored } gespeichert, { $refused } abgewiesen seit dem Start
fleet-no-rollout-text = Veröffentlichen Sie ein Release und verteilen Sie es in Phasen.
fleet-quarantined = in Quarantäne
fleet-online = online
fleet-offline = offline
fleet-version-unknown = noch nicht bekannt
fleet-never = nie
fleet-version = Version
fleet-seen = Zuletzt gesehen
fleet-tick = Ankreuzen
fleet-tick-one = { $id } ankreuzen
fleet-alert-closed = geschlossen { $at }
fleet-close-alert = Alarm schließen: { $what }
devices-lead = Jedes Gerät, das das Werk je gemeldet hat.
devices-quick = Filter zum Anfangen
devices-group = Gruppe
devices-how = So wird gefiltert
devices-every-term = Ein Gerät muss zu jedem Begriff passen.
devices-keep = Ein Filter, den Sie als Gruppe behalten, steht oben als eigener Filter.
devices-keep-go = Diesen Filter als Gruppe behalten
devices-wrong = Der Filter ist nicht lesbar.
devices-wrong-text = Sehen Sie nach dem Zeichen, das oben genannt ist.
devices-nobody = Kein Gerät passt.
devices-widen = Fassen Sie den Filter weiter.
devices-show-all = Alle Geräte zeigen
devices-none-text = Importieren Sie die Werksliste einer Charge; ihre Geräte erscheinen hier als vorgemerkt.
devices-act-ticked = Aktion für angekreuzte …
devices-act-all = Aktion für alle, die passen …
devices-help-id = Kennungen, die so beginnen; ohne den Stern: Kennungen, die diesen Text enthalten
devices-help-product = von diesem Produkt
devices-help-version = auf dem diese Version läuft; version:<1.2.0 und version:>=1.2.0 gehen nach der Reihenfolge der Releases
devices-help-state = Aufnahme: accepted (aufgenommen), preauthorised (vorgemerkt), pending (wartet), rejected (abgelehnt) oder revoked (widerrufen)
devices-help-quarantine = in Quarantäne, oder nicht (no)
devices-help-online = jetzt verbunden, oder nicht
devices-help-seen = in den letzten sieben Tagen gehört; seen:>30d seitdem nicht, seen:never noch nie
devices-help-group = in dieser Gruppe
devices-help-batch = aus dieser Charge des Werks
devices-help-alert = mit einem Alarm, der auf jemanden wartet
devices-help-owner = jemand hat es übernommen, oder niemand (no)
devices-help-not = ein Minus vor einem Begriff kehrt ihn um
fleet-todo-quarantine = { $count ->
    [one] { $count } Gerät in Quarantäne
   *[other] { $count } Geräte in Quarantäne
}
fleet-todo-alerts = { $count ->
    [one] { $count } offener Alarm, anzusehen und zu schließen
   *[other] { $count } offene Alarme, anzusehen und zu schließen
}
fleet-todo-findings = { $count ->
    [one] { $count } Befund, den niemand erwartet genannt hat
   *[other] { $count } Befunde, die niemand erwartet genannt hat
}
fleet-todo-pending = { $count ->
    [one] { $count } Gerät wartet auf Einlass
   *[other] { $count } Geräte warten auf Einlass
}
fleet-todo-paused = { $count ->
    [one] { $count } Verteilung pausiert
   *[other] { $count } Verteilungen pausieren
}
fleet-todo-acts = { $count ->
    [one] { $count } Sammelaktion läuft
   *[other] { $count } Sammelaktionen laufen
}
devices-more-than = mehr als { $n } Geräte
devices-quick-online = Online
devices-quick-silent = Seit einer Woche nicht gehört
devices-quick-quarantine = In Quarantäne
devices-quick-alert = Mit Alarm
devices-quick-made = Hergestellt, noch nicht gesehen
devices-quick-sold = Verkauft
groups-lead = Geräte mit einem gemeinsamen Namen: von Hand hineingelegt, oder alle, die gerade zu einem Filter passen.
groups-all = Alle Gruppen
groups-none = Noch keine Gruppe.
groups-none-text = Legen Sie eine an: für Leute, die neue Releases zuerst ausprobieren, für ein Land, für Geräte, nach denen jemand sehen muss. In einem Filter steht sie so:
groups-who = Wer darin ist
groups-many = Wie viele
groups-made = Angelegt
groups-by-hand = von Hand
groups-more = Weitere Gruppen
groups-make = Gruppe anlegen
groups-name-hint = Kleinbuchstaben, Ziffern und Bindestriche
groups-about = Wofür sie da ist
groups-filter-hint = leer: Geräte von Hand hineinlegen
groups-make-do = Anlegen
groups-made-by = angelegt { $at } von { $name }
groups-by-filter = nach Filter
groups-show = In der Geräteliste zeigen
groups-act = Aktion für alle …
groups-empty = Niemand ist darin.
groups-empty-filter = Kein Gerät passt gerade zum Filter; eines, das später passt, ist sofort in der Gruppe.
groups-empty-hand = Legen Sie Geräte nebenan hinein oder kreuzen Sie sie in der Geräteliste an.
groups-members = Mitglieder
groups-put-in = Hineinlegen
groups-ids = Kennungen, durch Leerzeichen oder Kommas getrennt
groups-take-title = Geräte herausnehmen
groups-take-out = Herausnehmen
groups-about-title = Über sie
groups-remove = Gruppe entfernen …
groups-remove-text = Ihre Geräte bleiben, wie sie sind. Filter, die sie nennen, finden niemanden.
groups-remove-one = { $name } entfernen
device-seen = zuletzt gesehen { $at }
device-never-seen = nie gesehen
device-in-quarantine = In Quarantäne: { $why }
device-quarantine-since = Sie begann { $at }. Was nun geschieht:
device-quarantine-1 = Das Gerät erfüllt zu Hause weiter seine Aufgabe, darf aber nur Nachweise, Ereignisse und Updateberichte senden.
device-quarantine-2 = Es wird gebeten, zu seiner letzten guten Software zurückzukehren und das nachzuweisen.
device-quarantine-3 = Ein frischer Nachweis, der zu einem veröffentlichten Release passt, hebt die Quarantäne von selbst auf.
device-lift = Jetzt aufheben …
device-lift-text = Nur, wenn Sie wissen, warum der Nachweis falsch war. Der nächste wird so streng beurteilt wie bisher.
device-lift-do = Quarantäne von { $id } aufheben
device-findings-lead = Was nicht ist wie sonst
device-range = Zeitraum
device-quality = Güte { $n } %
device-stale = veraltet
device-no-message = Noch keine Nachricht von „{ $stream }“.
device-no-message-text = Das Gerät sendet sie unter seinem eigenen Thema; nichts anderes wird angenommen.
device-low = tiefster { $n } { $unit }
device-high = höchster { $n } { $unit }
device-table = { $count ->
    [one] Die letzte Nachricht als Tabelle
   *[other] Die letzten { $count } Nachrichten als Tabelle
}
device-messages-of = Nachrichten von { $stream }
device-newest = Neueste zuerst, wie das Gerät sie gemessen hat
device-measured = Gemessen
device-not-your-role = Nicht für Ihre Rolle.
device-not-your-role-text = Was ein Gerät bei jemandem zu Hause misst, sind personenbezogene Daten; Flottenbetrieb und Sicherheit sehen sie.
device-no-stream = Das Modell des Produkts erklärt keinen Datenstrom.
device-no-stream-text = Ergänzen Sie einen in seinem Thing Model und spielen Sie es neu ein.
device-applied = Das Gerät hat alles übernommen
device-applying = Gewünscht ist Version { $wanted }, das Gerät hat { $has }
device-reported = gemeldet { $at }
device-nothing-set = Nichts ist einstellbar.
device-nothing-set-text = Das Modell des Produkts hat keine änderbare Eigenschaft.
device-setting = Einstellung
device-wanted = Gewünscht
device-has = Auf dem Gerät
device-personal = personenbezogen
device-not-reported = nicht gemeldet
device-on-its-way = unterwegs
device-save-wanted = Wünsche speichern
device-commands = Befehle
device-no-commands = Dieses Produkt nimmt keine Befehle.
device-no-commands-text = Sein Modell erklärt keine Aktion.
device-command = Befehl
device-result = Ergebnis
device-given = Erteilt
device-software = Software
device-sequence = Folge { $n }
device-slot = Slot
device-spare = Reserve: { $slot }
device-image = Abbild
device-floor = Untergrenze
device-floor-text = Älteres wird nie gestartet
device-proven = Nachgewiesen
device-unknown = Noch nicht bekannt.
device-unknown-text = Das Gerät weist beim ersten Verbinden nach, was auf ihm läuft.
device-identity = Identität
device-enrolment = Aufnahme
device-once-more = darf noch einmal aufgenommen werden
device-factory-key = Werksschlüssel
device-batch = Charge
device-known = Bekannt seit
device-no-group = keine von Hand
device-certificates = Zertifikate
device-serial = Seriennummer
device-valid = Gültig bis
device-no-certificate = Noch keines.
device-no-certificate-text = Das Gerät bekommt eines, wenn es sich mit seiner Werksidentität aufnehmen lässt.
device-contain = Eindämmen
device-quarantine = Quarantäne …
device-quarantine-text = Das Gerät darf dann nur Nachweise, Ereignisse und Updateberichte senden.
device-why-hint = steht dann im Alarm; darf leer bleiben
device-quarantine-do = { $id } in Quarantäne nehmen
device-allow = Neue Aufnahme erlauben …
device-allow-text = Für ein Gerät, das seinen Betriebsschlüssel verloren hat. Es darf seinen Werksschlüssel noch einmal verwenden.
device-allow-do = Einmal erlauben
device-revoke = Widerrufen …
device-revoke-text = Nimmt ihm seine Zertifikate endgültig. Das Gerät kann sich nicht mehr verbinden.
device-revoke-do = { $id } widerrufen
device-evidence = Nachweise
device-evidence-lead = Was das Gerät nachgewiesen hat, Neuestes zuerst
device-no-evidence = Noch kein Nachweis.
device-no-evidence-text = Er wird bei jeder Verbindung verlangt und danach regelmäßig.
device-verdict = Urteil
device-good = gut
device-contradicted = widersprochen
device-updates = Updates
device-updates-lead = Sein Anteil an Verteilungen
device-no-update = Noch kein Update.
device-no-update-text = Eine Verteilung gibt jedem Gerät ihrer Phasen einen Lauf.
device-log = Logbuch
device-log-lead = Was das Gerät geschrieben hat, Neuestes zuerst; als Text gezeigt, was immer es enthält
device-level = Stufe
device-text = Text
device-refused = Abgewiesene Werte
device-refused-lead = Beiseite gelegt und nie verwendet
device-sensor = Sensor
device-often = Wie oft
device-last = Zuletzt
device-asides = { $count ->
    [one] Die letzte Nachricht
   *[other] Die letzten { $count } Nachrichten
}
device-refused-messages = Abgewiesene Nachrichten
device-stream = Datenstrom
device-message = Nachricht
device-waits = wartet auf ein neueres Modell
device-ledger-lead = Was die Geschichte von diesem Gerät bewahrt
device-no-line = Noch keine Zeile.
device-no-line-text = Die erste entsteht, wenn das Gerät aufgenommen wird.
device-entry = Eintrag
device-hashed = Wie gehasht
device-command-until = bis { $at }
device-command-expired = niemand hat ihn rechtzeitig ausgeführt
device-matches = passt zu einem veröffentlichten Release
device-range-hour = Letzte Stunde
device-range-day = Letzter Tag
device-range-week = Letzte Woche
device-range-month = Letzte 30 Tage
device-lost-missing = { $count ->
    [one] { $count } fehlt ohne Erklärung
   *[other] { $count } fehlen ohne Erklärung
}
device-lost-shed = { $count } vom Gerät absichtlich verworfen
device-lost-repeats = { $count } noch einmal gesendet
device-gap = ohne { $span }{ $reason }
device-quality-parts = vollständig { $complete } %, pünktlich { $timely } %, gültig { $valid } %, vertrauenswürdig { $trusted } %
device-lost-none = kein Messwert fehlt
device-chart-empty = Kein Wert in dieser Zeit.
device-chart-words = { $title }: von { $first } am Anfang bis { $last } am Ende, zwischen { $low } und { $high }.
device-chart-gaps = { $count ->
    [one] { $count } Lücke.
   *[other] { $count } Lücken.
}
device-chart-doubtful = { $count ->
    [one] { $count } zweifelhafter Punkt.
   *[other] { $count } zweifelhafte Punkte.
}
device-between = { $min } bis { $max }
device-from = ab { $min }
device-up-to = bis { $max }
device-on-or-off = ein oder aus
device-characters = { $count ->
    [one] bis zu { $count } Zeichen
   *[other] bis zu { $count } Zeichen
}
custody-lead = Wo Geräte auf ihrem Weg vom Werk bis zum Recycling gesehen wurden. Ein Etikett ist ein Name und nie ein Beweis: Wer eines sieht, öffnet damit keine Tür.
custody-seen = Zuletzt gesehen
custody-none = Noch kein Lesegerät hat von einem Gerät berichtet.
custody-none-text = Melden Sie ein Lesegerät an, binden Sie Etiketten an Geräte und lassen Sie es senden, was es sieht.
custody-unit = Gerät
custody-station = Station
custody-place = Ort
custody-doubt = Zweifel
custody-older = Ältere Sichtungen
custody-way = Der Weg
custody-way-lead = Sichtungen auf dieser Seite, nach Station
custody-sightings = Sichtungen
custody-readers = Lesegeräte
custody-no-reader = Kein Lesegerät ist angemeldet.
custody-reader = Lesegerät
custody-band = Band
custody-retired = außer Dienst
custody-no-doubt = keiner
custody-no-reader-text = Jedes hat einen eigenen Schlüssel, den es einmal bekommt.
recovery-lead = Nach einem Ausfall kehrt die Flotte geordnet zurück, Sicherheitsgeräte zuerst. Die letzte Viertelstunde an der MQTT-Tür der Geräte.
recovery-connected = verbunden
recovery-connected-of = verbunden, von { $fleet } in der letzten Woche gesehenen
recovery-busiest = kamen zurück in der vollsten der letzten 5 Sekunden
recovery-waiting = warten auf ihren Handschlag
recovery-failed = misslungene Handschläge in 15 Minuten
recovery-title = Die letzten 15 Minuten
recovery-ago = vor 15 Minuten
recovery-order = Die Reihenfolge
recovery-order-lead = Jedes Gerät erfährt beim Verbinden sein Zeitfenster und lost darin seinen Augenblick aus.
recovery-class = Klasse
recovery-back = Kommt zurück nach einem Ausfall
recovery-came = Kamen in 15 Minuten
recovery-ceiling-text = Diese Tür beginnt höchstens { $n } Handschläge je Sekunde.
recovery-ceiling = Obergrenze
recovery-note = Das Feld { $field } im Thing Model sagt, in welcher Klasse ein Produkt ist. Die Obergrenze wird beim Start des Servers gemessen oder mit { $option } gesetzt.
recovery-address = { $count ->
    [one] Eine Adresse darf { $count } unfertigen Handschlag haben; weitere warten, bis sie an der Reihe sind.
   *[other] Eine Adresse darf { $count } unfertige Handschläge haben; weitere warten, bis sie an der Reihe sind.
}
recovery-minutes = { $min } min { $s } s
recovery-seconds = { $s } s
recovery-within = binnen { $span }
recovery-between = von { $from } bis { $to }
recovery-nobody = noch niemand in dieser Klasse
recovery-failed-second = misslungene Handschläge je Sekunde
recovery-picture-connected = Verbunden
recovery-picture-rate = Rückkehr je Sekunde
recovery-picture-waiting = Wartend und misslungen
recovery-most = höchstens { $n }
recovery-most-of = höchstens { $n } von { $ceiling }
recovery-most-and = höchstens { $a } und { $b }
device-needs-number = { $field }: Hier steht eine Zahl, etwa 21.5.
device-needs-whole = { $field }: Hier steht eine ganze Zahl, etwa 21.
device-needs-flag = { $field }: Wählen Sie ein oder aus.
device-needs-choice = { $field }: Wählen Sie eines der Wörter aus der Liste.
fleet-todo-refused = { $count ->
    [one] { $count } Gerät ohne ein Sicherheitsupdate, das zu Hause abgelehnt wurde
   *[other] { $count } Geräte ohne ein Sicherheitsupdate, das zu Hause abgelehnt wurde
}
