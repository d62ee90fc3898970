# Room: the console's findings and alerts.
finding-times = { $count ->
    [one] { $count } Mal gesehen
   *[other] { $count } Mal gesehen
}
finding-lead = Was nicht ist wie sonst: gefunden allein aus Anzahl, Größe und Zeit, nie aus dem Inhalt einer Nachricht.
finding-severity = Dringlichkeit
finding-all-but = alle außer verworfenen
finding-nobody = Kein Befund passt.
finding-show-all = Alle Befunde zeigen
finding-calm = Alles ist wie sonst.
finding-calm-text = Jedes Gerät wird zuerst zwei Stunden lang kennengelernt; danach wird verglichen, was es tut: mit seiner eigenen Vergangenheit und mit anderen seines Produkts. Was von selbst geschehen soll, sagt eine Dauerregel:
finding-older = Ältere Befunde
finding-found = gefunden { $at }
finding-seen-title = Was gesehen wurde
finding-usual = üblich
finding-seen = gesehen
finding-odd = nicht wie sonst
finding-no-picture = Von diesem gibt es kein Bild.
finding-no-picture-text = Eine einzelne Zahl sagt es, oder der Server war gerade erst gestartet.
finding-observed = Gesehen
finding-expected = Erwartet
finding-expected-text = { $n }, mehr oder weniger { $spread }
finding-window = Zeitfenster
finding-same = { $n } tun dasselbe
finding-scale = Maßstab
finding-scale-text = Die Werte sagen etwas über Menschen, darum wird nur ihr Abstand vom Üblichen aufbewahrt.
finding-done = Was getan wurde
finding-done-lead = Jede Maßnahme lässt sich zurücknehmen; sie stellt genau das wieder her, was sie geändert hat
finding-by-rule = nach Regel
finding-run = { $changed } geändert, { $left } belassen
finding-restored = { $n } wiederhergestellt
finding-took = fertig in { $span }
finding-undo = Zurücknehmen
finding-undo-one = Zurücknehmen: { $what }
finding-nothing = Noch nichts.
finding-nothing-text = Ein Alarm hat Menschen benachrichtigt; wählen Sie nebenan eine Maßnahme.
finding-times-title = Zeiten
finding-began = Begann
finding-detected = Bemerkt nach
finding-contained = Eingedämmt nach
finding-not-contained = nicht eingedämmt
finding-last = Zuletzt gesehen
finding-to-do = Was zu tun ist
finding-look = Ich gehe dem nach
finding-expected-do = Es ist erwartet
finding-expected-hint = Erwartet: Befund und Alarm werden geschlossen, und der Melder lernt daraus.
finding-learnt = Jemand hat es erwartet genannt; der Melder hat daraus gelernt.
alert-lead = Was jemand ansehen sollte, und was jede Tür abgewiesen hat.
alert-which = Welche Alarme
alert-calm-text = Ein Alarm entsteht, wenn ein Nachweis einem Release widerspricht, wenn zwei Geräte eine Identität benutzen oder wenn ein Update zurückgenommen wird.
alert-older = Ältere Alarme
alert-refusals = Abweisungen
alert-refusals-lead = Alles, was an eine Tür kam und nicht eingelassen wurde, mit Namen
alert-no-refusal = Noch wurde nichts abgewiesen.
alert-refusal = Abweisung
alert-door = Tür
alert-times = Anzahl
alert-last = Zuletzt
alert-no-refusal-text = Jede Abweisung hat einen festen Namen und wird hier gezählt.
finding-kind-message-rate-high = Weit mehr Nachrichten als üblich
finding-advice-message-rate-high = Drosseln Sie es, wenn es andere belastet; suchen Sie nach einer Schleife in seiner Software.
finding-kind-message-rate-low = Weit weniger Nachrichten als üblich
finding-advice-message-rate-low = Sehen Sie nach, ob ein Teil seiner Arbeit ruht.
finding-kind-device-silent = Es ist verstummt
finding-advice-device-silent = Fragen Sie, ob es Strom und Netz hat; bei seinen Nachbarn fehlt sonst nichts.
finding-kind-volume-high = Weit mehr Daten als üblich
finding-advice-volume-high = Drosseln Sie es und finden Sie dann heraus, was es sendet.
finding-kind-slow-exfiltration = Etwas mehr Daten, Stunde um Stunde
finding-advice-slow-exfiltration = Nehmen Sie es in Quarantäne, wenn nichts es erklärt: Vielleicht fließen Daten langsam ab.
finding-kind-refusals-high = Weit mehr Abweisungen als üblich
finding-advice-refusals-high = Sehen Sie die Abweisungen nach Namen an; meist passt die Software nicht zum Modell.
finding-kind-reconnect-storm = Es verbindet sich immer wieder neu
finding-advice-reconnect-storm = Drosseln Sie es; sehen Sie nach seinem Netz und seinem Strom.
finding-kind-new-endpoint = Es kommt aus einem neuen Netz
finding-advice-new-endpoint = Nach einem Umzug gewöhnlich; mit anderen Befunden daneben denken Sie an einen kopierten Schlüssel.
finding-kind-clock-skew = Seine Uhr läuft weg
finding-advice-clock-skew = Sehen Sie nach seiner Zeitquelle.
finding-kind-clock-jump = Seine Uhr ist gesprungen
finding-advice-clock-jump = Sehen Sie nach seiner Zeitquelle: Eine falsche Uhr macht alte Zertifikate gut und neue schlecht.
finding-kind-delivery-delayed = Seine Nachrichten werden unterwegs aufgehalten
finding-advice-delivery-delayed = Jemand oder etwas zwischen ihm und uns verzögert sie; stützen Sie keine zeitkritische Regel darauf.
finding-kind-readings-missing = Messwerte fehlen
finding-advice-readings-missing = Nachrichten gehen unterwegs verloren oder werden verworfen; bitten Sie das Gerät, sie noch einmal zu senden.
finding-kind-readings-repeated = Messwerte kommen doppelt
finding-advice-readings-repeated = Vielleicht gehen Bestätigungen verloren, oder jemand spielt Nachrichten noch einmal ab.
finding-kind-readings-reordered = Messwerte kommen durcheinander
finding-advice-readings-reordered = Zwei Kopien des Geräts oder ein gestörtes Netz.
finding-kind-value-spike = Ein Wert weit daneben
finding-advice-value-spike = Nichts zu tun, wenn es bei einem bleibt.
finding-kind-value-drift = Ein Wert wandert davon
finding-advice-value-drift = Prüfen Sie die Kalibrierung des Sensors, oder was er misst.
finding-kind-value-noisy = Ein Wert ist weit unruhiger als üblich
finding-advice-value-noisy = Prüfen Sie Verkabelung und Versorgung des Sensors.
finding-kind-sensor-stuck = Ein Sensor sagt immer dasselbe
finding-advice-sensor-stuck = Stützen Sie keine Regel auf ihn; starten oder tauschen Sie den Sensor.
finding-kind-new-topic = Es spricht von etwas Neuem
finding-advice-new-topic = Nach neuer Software gewöhnlich; sonst nehmen Sie es in Quarantäne und verlangen Sie einen Nachweis.
finding-kind-profile-breach = Es bricht das Profil seines Modells
finding-advice-profile-breach = Drosseln Sie es: Sein Modell verspricht weniger.
finding-kind-auth-failures = Seine Identität wird immer wieder abgewiesen
finding-advice-auth-failures = Vielleicht versucht jemand einen alten oder kopierten Schlüssel: Sehen Sie seine Zertifikate an, widerrufen Sie im Zweifel.
finding-kind-version-drift = Auf ihm läuft ältere Software als zuvor
finding-advice-version-drift = Suchen Sie den Grund bei seinen Updates; verlangen Sie einen frischen Nachweis.
finding-kind-api-calls-high = Weit mehr Aufrufe der Schnittstelle als üblich
finding-advice-api-calls-high = Fragen Sie die Person; widerrufen Sie das Token, wenn sie es nicht war.
finding-kind-export-volume-high = Weit mehr Daten abgeholt als üblich
finding-advice-export-volume-high = Fragen Sie die Person; widerrufen Sie das Token sofort, wenn sie es nicht war.
finding-kind-sign-in-failures = Anmeldungen scheitern immer wieder
finding-advice-sign-in-failures = Jemand probiert Links oder Tokens: Sehen Sie nach, von wo, und widerrufen Sie, was bekannt sein könnte.
finding-unit-messages-a-window = Nachrichten je Zeitfenster
finding-unit-windows-without-a-message = Zeitfenster ohne Nachricht
finding-unit-bytes-an-hour = Bytes je Stunde
finding-unit-refusals = Abweisungen
finding-unit-connections-a-window = Verbindungen je Zeitfenster
finding-unit-networks = Netze
finding-unit-milliseconds-behind-us = Millisekunden hinter uns
finding-unit-readings-a-window = Messwerte je Zeitfenster
finding-unit-as-measured = wie gemessen
finding-unit-streams = Datenströme
finding-unit-release-sequence = Release-Folge
finding-unit-calls-a-window = Aufrufe je Zeitfenster
finding-unit-bytes-a-window = Bytes je Zeitfenster
finding-unit-failures = Fehlschläge
finding-unit-spreads = Streuungen vom Üblichen entfernt
finding-sentence = { $count ->
    [one] { $title }: { $seen } { $unit }, üblich ist { $usual }.
   *[other] { $title }, auf { $count } Geräten: { $seen } { $unit }, üblich ist { $usual }.
}
finding-sentence-scaled = { $count ->
    [one] { $title }, das { $seen }-Fache der üblichen Streuung vom Üblichen entfernt.
   *[other] { $title }, auf { $count } Geräten, das { $seen }-Fache der üblichen Streuung vom Üblichen entfernt.
}
finding-of-field = { $field }: { $title }
finding-about-model = viele Geräte von { $product }
finding-about-person = der Zugang einer Person zu diesem Server
finding-about-doors = die Türen dieses Servers
finding-every = jedes Gerät von { $product }
finding-do-throttle = { $scope } drosseln auf { $packets } und { $bytes } je Sekunde
finding-do-quarantine = { $scope } in Quarantäne nehmen
finding-throttle = { $scope } drosseln
finding-touches-throttled = Ändert { $left } von { $all }; { $online } jetzt verbunden, { $already } schon gedrosselt.
finding-touches-quarantined = Ändert { $left } von { $all }; { $online } jetzt verbunden, { $already } schon in Quarantäne.
finding-throttle-text = Die Tür nimmt ein Paket und { $bytes } Bytes je Sekunde; nichts schon Gesendetes geht verloren.
finding-quarantine-text = Sie dürfen sich dann ausweisen und Updates annehmen, sonst nichts; ihre Grundaufgabe erfüllen sie weiter.
finding-seconds = { $n } Sekunden
finding-picture-label = Die letzten { $count } Zeitfenster. Zwischen -3 und 3 Streuungen ist üblich; am weitesten war es { $far } Streuungen entfernt.
finding-packets = { $count ->
    [one] { $count } Paket
   *[other] { $count } Pakete
}
finding-all-of = { $count ->
    [one] das eine Gerät von { $product }
   *[other] alle { $count } Geräte von { $product }
}
alert-one = Ein Alarm
alert-id = Alarm
alert-none = Diesen Alarm gibt es nicht.
