# Texte aller Räume. Ein Schlüssel beginnt mit seinem Raum: account-, claim-, home-, public-, mail-, common-.
common-devices = { $count ->
    [one] { $count } Gerät
   *[other] { $count } Geräte
}
common-skip = Zum Inhalt springen
common-language = Sprache
common-sign-in = Anmelden
common-sign-out = Abmelden
common-cancel = Abbrechen
common-back = Zurück
common-save = Speichern
common-yes = Ja
common-no = Nein
common-footer = Holdfast ist quelloffen und läuft auf dem eigenen Server des Herstellers. Kein Dritter sieht diese Seite.
