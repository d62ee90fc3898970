# Room: the console's acts on many devices.
bulk-lead = Was mit vielen Geräten auf einmal getan wurde, von wem und warum, und der Weg zurück.
bulk-none = Noch nichts.
bulk-none-text = Filtern Sie Geräte in ihrer Liste oder kreuzen Sie sie an, wählen Sie, was zu tun ist, und sehen Sie sich die Vorschau an. Für jedes Gerät gilt dieselbe Regel wie für ein einzelnes.
bulk-none-go = Zur Geräteliste
bulk-older = Ältere Aktionen
bulk-ordered = Angeordnet { $at } von { $name }
bulk-ended = beendet { $at }
bulk-undone-by = zurückgenommen von { $name }
bulk-left = { $count ->
    [one] noch { $count } Gerät
   *[other] noch { $count } Geräte
}
bulk-how = Wie es ausging
bulk-chosen = Gewählt
bulk-one-by-one = einzeln
bulk-undo = Zurücknehmen …
bulk-undo-text = Was geändert wurde, wird wiederhergestellt, Gerät für Gerät. Was jemand seitdem geändert hat, bleibt so.
bulk-undo-waiting = Geräte, die noch warten, bleiben unberührt.
bulk-undo-do = Zurücknehmen
bulk-final = Diese Aktion lässt sich nicht zurücknehmen.
bulk-which = Welche Geräte
bulk-item-none = Keines.
bulk-item-none-text = Kein Gerät dieser Aktion steht so.
bulk-new = Aktion für viele Geräte
bulk-for-fleet = { $count ->
    [one] Für { $count } Gerät: die ganze Flotte
   *[other] Für { $count } Geräte: die ganze Flotte
}
bulk-for-filter = { $count ->
    [one] Für { $count } Gerät mit dem Filter
   *[other] Für { $count } Geräte mit dem Filter
}
bulk-for-ticked = { $count ->
    [one] Für { $count } Gerät:
   *[other] Für { $count } Geräte:
}
bulk-and-more = { $count ->
    [one] und { $count } weiteres
   *[other] und { $count } weitere
}
bulk-nobody = Niemand ist gemeint.
bulk-nobody-text = Gehen Sie zurück und fassen Sie den Filter weiter.
bulk-connected = { $count ->
    [one] { $count } davon ist jetzt verbunden; die anderen erfahren es, wenn sie zurückkommen.
   *[other] { $count } davon sind jetzt verbunden; die anderen erfahren es, wenn sie zurückkommen.
}
bulk-judged = { $count ->
    [one] Das erste wurde angesehen.
   *[other] Die ersten { $count } wurden einzeln angesehen.
}
bulk-left-why = Bleiben, wie sie sind, und warum
bulk-example = Zum Beispiel
bulk-no-change = Nichts würde sich ändern.
bulk-no-change-text = Wählen Sie eine andere Aktion oder andere Geräte.
bulk-can-undo = Es lässt sich zurücknehmen: Was es geändert hat, wird wiederhergestellt; was jemand seitdem geändert hat, bleibt.
bulk-no-way = Es gibt keinen Weg zurück.
bulk-no-way-text = Sehen Sie noch einmal auf die Zahl.
bulk-else = Etwas anderes
bulk-what = Was ist zu tun?
bulk-preview-first = Nichts geschieht, bevor Sie gesehen haben, was geschähe
bulk-preview = Vorschau …
bulk-preview-of = Vorschau: { $what }
bulk-make-group = Erst eine Gruppe anlegen
bulk-settings = Einstellungen ändern
bulk-settings-text = Von { $product }; was Sie leer lassen, bleibt auf jedem Gerät, wie es ist.
bulk-command = Befehl: { $what }
bulk-command-text = Ein Gerät, das nicht verbunden ist, bekommt ihn binnen fünf Minuten oder gar nicht.
bulk-act-quarantine = Quarantäne
bulk-act-quarantine-text = Sie dürfen sich ausweisen und Updates annehmen, sonst nichts.
bulk-act-release = Quarantäne aufheben
bulk-act-release-text = Nur eine, die ein Mensch angeordnet hat; andere enden durch guten Nachweis.
bulk-act-allow-reenrolment = Noch einmal aufnehmen lassen
bulk-act-allow-reenrolment-text = Für Geräte, die ihren Betriebsschlüssel verloren haben.
bulk-act-revoke = Endgültig widerrufen
bulk-act-revoke-text = Ihre Zertifikate werden ihnen genommen. Es gibt keinen Weg zurück.
bulk-act-join = In eine Gruppe legen
bulk-act-join-text = Von Hand; Gruppen nach Filter füllen sich selbst.
bulk-act-leave = Aus einer Gruppe nehmen
bulk-act-leave-text = Sonst bleiben sie, wie sie sind.
bulk-do-quarantine = { $count ->
    [one] { $count } Gerät in Quarantäne nehmen
   *[other] { $count } Geräte in Quarantäne nehmen
}
bulk-do-release = { $count ->
    [one] Quarantäne von { $count } Gerät aufheben
   *[other] Quarantäne von { $count } Geräten aufheben
}
bulk-do-command = { $count ->
    [one] Befehl „{ $action }“ an { $count } Gerät
   *[other] Befehl „{ $action }“ an { $count } Geräte
}
bulk-do-desired = { $count ->
    [one] Einstellungen von { $count } Gerät ändern
   *[other] Einstellungen von { $count } Geräten ändern
}
bulk-do-join = { $count ->
    [one] { $count } Gerät in { $group } legen
   *[other] { $count } Geräte in { $group } legen
}
bulk-do-leave = { $count ->
    [one] { $count } Gerät aus { $group } nehmen
   *[other] { $count } Geräte aus { $group } nehmen
}
bulk-do-allow-reenrolment = { $count ->
    [one] { $count } Gerät noch einmal aufnehmen lassen
   *[other] { $count } Geräte noch einmal aufnehmen lassen
}
bulk-do-revoke = { $count ->
    [one] { $count } Gerät endgültig widerrufen
   *[other] { $count } Geräte endgültig widerrufen
}
bulk-taken-back = zurückgenommen
bulk-would-change = würden geändert
bulk-would-stay = blieben, wie sie sind
bulk-judged-later = beurteilt, wenn sie an der Reihe sind
bulk-kept = seitdem geändert, belassen
bulk-waiting = warten
bulk-never-reached = nie erreicht
