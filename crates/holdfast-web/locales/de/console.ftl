# Room: the maker's console: its frame, its notices, words of every page.
console-live = Live
console-reconnecting = Verbindet neu
console-search = Nach Gerät, Release, Gruppe oder Produkt suchen
console-search-short = Suchen  ( / )
console-nav = Konsole
console-nav-fleet = Flotte
console-nav-devices = Geräte
console-nav-groups = Gruppen
console-nav-bulk = Sammelaktionen
console-nav-recovery = Rückkehr
console-nav-findings = Befunde
console-nav-help = Hilfe
console-nav-products = Produkte
console-nav-custody = Verbleib
console-nav-releases = Releases
console-nav-deployments = Verteilungen
console-nav-ledger = Protokoll
console-nav-conformity = Konformität
console-nav-keys = Schlüssel
console-nav-people = Personen
console-nav-settings = Einstellungen
console-nav-alerts = Alarme
console-nav-open = offen
console-keyboard = Tastatur: / springt zur Suche, Escape verlässt sie.
console-api = Beschreibung der Schnittstelle
console-done-quarantined = Das Gerät ist in Quarantäne. Es darf sich ausweisen und Updates annehmen, sonst nichts.
console-done-released = Die Quarantäne ist aufgehoben.
console-done-revoked = Die Zertifikate des Geräts sind widerrufen. Offene Verbindungen enden binnen einer Minute.
console-done-reenrolment-allowed = Das Gerät darf sich mit seinem Werksschlüssel noch einmal aufnehmen lassen.
console-done-desired = Die Änderung ist gespeichert. Das Gerät bekommt sie, sobald es verbunden ist.
console-done-commanded = Der Befehl ist unterwegs. Sein Ergebnis erscheint unten.
console-done-deployed = Die Verteilung hat mit ihrer ersten Phase begonnen.
console-done-paused = Die Verteilung pausiert. Geräte, die begonnen haben, werden fertig; kein weiteres beginnt.
console-done-resumed = Die Verteilung geht weiter.
console-done-aborted = Die Verteilung ist beendet. Geräte, die fertig sind, bleiben, wie sie sind.
console-done-key-made = Der nächste Schlüssel ist erzeugt. Nennen Sie ihn im nächsten Vertrauensdokument; bis dahin stützt sich nichts auf ihn.
console-done-key-activated = Der nächste Schlüssel ist in Gebrauch. Was der alte unterschrieben hat, gilt, bis Sie ihn vernichten.
console-done-key-destroyed = Der alte Schlüssel ist vernichtet.
console-done-dossier-saved = Der Entwurf ist gespeichert. Die Öffentlichkeit sieht ihn, sobald Sie ihn veröffentlichen.
console-done-dossier-announced = Eine Zusage wird schwächer: Die Öffentlichkeit liest jetzt, was sich ändert, vorher und nachher, und alle, denen ein Gerät gehört, erfahren es. Es gilt in 30 Tagen.
console-done-dossier-published = Die Öffentlichkeit liest es jetzt.
console-done-support-extended = Der Support ist verlängert. Die Öffentlichkeit liest den neuen Tag jetzt, und die Besitzer erfahren es.
console-done-closed = Der Alarm ist geschlossen.
console-done-answered = Ihre Antwort ist abgeschickt. Die Person wird benachrichtigt.
console-done-help-closed = Die Anfrage ist geschlossen. Sie kann vierzehn Tage lang wieder geöffnet werden.
console-done-acknowledged = Sie gehen diesem Befund nach.
console-done-dismissed = Der Befund ist als erwartet geschlossen. Der Melder lernt daraus.
console-done-group-made = Die Gruppe ist angelegt. Sie können sie in jedem Filter und für Sammelaktionen verwenden.
console-done-group-changed = Die Gruppe ist geändert.
console-done-group-joined = Die Geräte sind in der Gruppe.
console-done-group-left = Die Geräte sind nicht mehr in der Gruppe.
console-done-group-removed = Die Gruppe ist entfernt. Ihre Geräte bleiben, wie sie sind.
console-done-bulk-ordered = Es läuft, Gerät für Gerät. Sie können diese Seite verlassen; es geht ohne Sie weiter.
console-done-bulk-undone = Es wird zurückgenommen, Gerät für Gerät.
console-done-acted = Die Maßnahme läuft. Was sie ändert, erscheint unten und lässt sich zurücknehmen.
console-done-undone = Die Maßnahme wird zurückgenommen, Gerät für Gerät.
console-done-person-locked = Das Konto ist gesperrt, seine Sitzungen sind beendet.
console-done-person-unlocked = Das Konto ist entsperrt.
console-done-role-changed = Die Rolle ist geändert. Die Person meldet sich neu an.
console-done-person-removed = Das Konto ist entfernt mit allem, was es geöffnet hat. Die Geschichte behält seine Kennung.
console-done-token-revoked = Das Token ist widerrufen und gilt nicht mehr.
when-just-now = gerade eben
when-for-seconds = { $count ->
    [one] { $count } Sekunde
   *[other] { $count } Sekunden
}
when-for-minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
when-for-hours = { $count ->
    [one] { $count } Stunde
   *[other] { $count } Stunden
}
when-for-days = { $count ->
    [one] { $count } Tag
   *[other] { $count } Tage
}
when-for-months = { $count ->
    [one] { $count } Monat
   *[other] { $count } Monate
}
when-for-years = { $count ->
    [one] { $count } Jahr
   *[other] { $count } Jahre
}
when-ago-seconds = { $count ->
    [one] vor { $count } Sekunde
   *[other] vor { $count } Sekunden
}
when-ago-minutes = { $count ->
    [one] vor { $count } Minute
   *[other] vor { $count } Minuten
}
when-ago-hours = { $count ->
    [one] vor { $count } Stunde
   *[other] vor { $count } Stunden
}
when-ago-days = { $count ->
    [one] vor { $count } Tag
   *[other] vor { $count } Tagen
}
when-ago-months = { $count ->
    [one] vor { $count } Monat
   *[other] vor { $count } Monaten
}
when-ago-years = { $count ->
    [one] vor { $count } Jahr
   *[other] vor { $count } Jahren
}
when-in-seconds = { $count ->
    [one] in { $count } Sekunde
   *[other] in { $count } Sekunden
}
when-in-minutes = { $count ->
    [one] in { $count } Minute
   *[other] in { $count } Minuten
}
when-in-hours = { $count ->
    [one] in { $count } Stunde
   *[other] in { $count } Stunden
}
when-in-days = { $count ->
    [one] in { $count } Tag
   *[other] in { $count } Tagen
}
when-in-months = { $count ->
    [one] in { $count } Monat
   *[other] in { $count } Monaten
}
when-in-years = { $count ->
    [one] in { $count } Jahr
   *[other] in { $count } Jahren
}
when-date = { $day }. { $month } { $year }
when-calendar = { $date }, { $clock } UTC
when-month-1 = Jan.
when-month-2 = Feb.
when-month-3 = März
when-month-4 = April
when-month-5 = Mai
when-month-6 = Juni
when-month-7 = Juli
when-month-8 = Aug.
when-month-9 = Sept.
when-month-10 = Okt.
when-month-11 = Nov.
when-month-12 = Dez.
console-bytes = { $count ->
    [one] { $count } Byte
   *[other] { $count } Bytes
}
console-percent = { $n } %
console-state = Zustand
console-device = Gerät
console-why = Grund
console-when = Wann
console-product = Produkt
console-show = Zeigen
console-clear = Leeren
console-next-page = Nächste Seite
console-first-page = Erste Seite
console-any = beliebig
console-all = Alle
console-open = Offen
console-filter = Filter
console-name = Name
console-hidden = verborgen
console-on = ein
console-off = aus
console-not-now = Jetzt nicht
console-close = Schließen
console-what = Was
console-phase = Phase
console-reason = Grund
console-changed = Geändert
console-version = Version
console-nothing = Nichts.
console-may-be-empty = darf leer bleiben
console-by-name = von { $name }
console-done-explained = So lesen es die Besitzer ab jetzt.
console-nav-breaches = Datenpannen
console-nav-shops = Handel
console-done-shop-retired = Der Schlüssel ist beendet und öffnet nichts mehr.
console-done-shop-readers = Die Lesegeräte sind gespeichert.
console-done-proof-kept = Der Nachweis ist aufbewahrt.
console-done-complaint-answered = Ihre Antwort ist da. Sie wird über den Link gelesen.
console-done-complaint-closed = Die Beschwerde ist abgeschlossen.
console-done-breach-noted = Die Datenpanne steht im Verzeichnis. Die 72 Stunden laufen.
console-done-breach-amended = Der Eintrag ist gespeichert.
console-done-breach-notified = Die Meldung an die Behörde ist festgehalten.
console-done-breach-told = Die Besitzer sind benachrichtigt.
console-done-breach-closed = Der Eintrag ist abgeschlossen.
