# Room: public.
public-problem-forbidden = Nicht erlaubt
public-problem-absent = Hier ist nichts
public-problem-fault = Unser Fehler
public-problem-other = Das hat nicht geklappt
public-problem-name = Name
public-problem-request = Anfrage
public-problem-logged = Protokolliert als
public-problem-back = Zum Anfang
public-nav = Seiten für alle
public-nav-products = Produkte
public-home-title = Holdfast: vernetzte Produkte, sicher gehalten
public-home-heading = Vernetzte Produkte, sicher gehalten.
public-home-lead = Dieser Server kümmert sich um die Geräte eines Herstellers, von der Fabrik bis zum letzten Update. Er gehört dem Hersteller; niemand sonst liest mit.
public-home-doors = Was führt Sie her?
public-home-owner = Sie besitzen ein Gerät
public-home-owner-words = Neu hier? Scannen Sie den Code auf Ihrem Gerät mit dem Telefon. Mehr brauchen Sie nicht, um zu beginnen.
public-home-owner-go = Meine Geräte
public-home-buyer = Sie möchten etwas über ein Produkt wissen
public-home-buyer-words = Bis wann es Updates gibt und warum, was es hört und sieht, was mit Ihren Daten geschieht. Ohne Konto, ohne Cookie.
public-home-buyer-go = Alle Produkte
public-home-finder = Sie haben ein Sicherheitsproblem gefunden
public-home-finder-words = Danke, dass Sie es dem Hersteller sagen. Sie brauchen kein Konto und keinen Namen. Schreiben Sie an:
public-home-finder-none = Der Hersteller hat noch keine Adresse veröffentlicht.
public-home-staff = Sie arbeiten beim Hersteller
public-home-staff-words = Flotte, Releases, Befunde und alles, was geschehen ist.
public-home-console = Konsole öffnen
public-home-promises = Woran es sich hält
public-home-p1 = Jedes Gerät ist einmalig
public-home-p1-words = Jedes Gerät erzeugt seinen eigenen Schlüssel. Keine zwei haben dasselbe Passwort.
public-home-p2 = Updates, doppelt geprüft
public-home-p2-words = Von mehreren Menschen unterschrieben, vom Gerät geprüft und zurückgenommen, wenn es danach nicht gesund läuft.
public-home-p3 = Manipulation fällt auf
public-home-p3-words = Ein Gerät, auf dem etwas anderes läuft, wird abgeschottet, bis es sich wieder ausweist.
public-home-p4 = Eine Geschichte, die niemand umschreibt
public-home-p4-words = Jede Sicherheitsentscheidung steht in einem Protokoll, das Sie auch ohne Netz prüfen können.
public-all = Alle Produkte
public-all-lead = Bis wann jedes Produkt Sicherheitsupdates bekommt und was Sie vor dem Kauf wissen sollten.
public-all-none = Noch ist kein Produkt öffentlich.
public-all-none-note = Der Hersteller veröffentlicht hier jedes, bevor es verkauft wird.
public-all-feeds = Für Händler und Programme:
public-supported-until = Sicherheitsupdates bis { $day }
public-ended-on = Keine Sicherheitsupdates seit { $day }
public-discontinued = Nicht mehr im Handel seit { $day }
public-tabs = Seiten über { $name }
public-tab-overview = Überblick
public-tab-support = Support und Updates
public-tab-privacy = Datenschutz
public-tab-security = Sicherheit
public-tab-statement = Konformitätserklärung
public-tab-retail = Für den Handel
public-changed = Zuletzt geändert am { $day }
public-until-title = Sicherheitsupdates bis
public-left = Noch { $left }
public-ended-title = Sicherheitsupdates endeten am
public-ended-note = Neue Schwachstellen werden nicht mehr behoben.
public-from = Erstmals verkauft am { $day }
public-why = Warum bis dahin
public-after = Was dann geschieht
public-more-support = Alle Daten, Zusagen und Pläne
public-more-privacy = Alles, was es erfasst, und wofür
public-updates = Bisherige Updates
public-updates-none = Noch wurde kein Update veröffentlicht.
public-update-security = Sicherheit
public-update-feature = Verbesserung
public-update-withdrawn = Zurückgezogen
public-senses = Was es hören und sehen kann
public-microphone-yes = Hat ein Mikrofon
public-microphone-no = Kein Mikrofon
public-camera-yes = Hat eine Kamera
public-camera-no = Keine Kamera
public-location-yes = Kennt seinen Standort
public-location-no = Kennt seinen Standort nicht
public-sensor-microphone = Mikrofon
public-sensor-camera = Kamera
public-sensor-location = Standort
public-sensor-presence = Anwesenheit
public-sensor-radio = Funkumgebung
public-sensor-other = Andere Sensoren
public-off = So schalten Sie es aus:
public-credentials = Passwörter
public-credentials-per-device = Jedes Gerät hat ein eigenes, zufällig gezogenes Passwort. Keine zwei haben dasselbe.
public-credentials-user-defined = Es gibt kein Passwort, bis Sie selbst eines setzen.
public-credentials-no-password = Kein Passwort, also auch kein voreingestelltes.
public-offline = Ohne Internet
public-setup = Sicher einrichten
public-labels = Kennzeichen
public-label-over = Abgelaufen
public-label-number = Nr. { $number }
public-label-versions = Versionen { $versions }
public-label-day = bis { $day }
public-label-check = Nachprüfen
public-maker = Wer es herstellt
public-documents = Unterlagen
public-documents-note = Die Stückliste (SBOM) nennt alle enthaltene Software. Die Netzbeschreibung (MUD) sagt Ihrem Router, mit wem das Produkt sprechen darf.
public-link-sbom = Software-Stückliste (SBOM)
public-link-mud = Netzbeschreibung (MUD)
public-link-manual = Anleitung
public-link-help = Hilfe
public-link-reports = Prüfberichte
public-languages = Sprachen: { $list }
public-accessories = Lieferumfang: { $list }
public-qr = Diese Seite für unterwegs
public-qr-alt = QR-Code, der zu { $address } führt
public-support-title = Support für { $name }
public-no-update = Warum es keine Updates bekommen kann
public-how = Wie Updates kommen
public-cadence = Wie oft
public-duty = Was Sie tun müssen
public-trust = Wie Updates geprüft werden
public-trust-words = Mehrere Menschen beim Hersteller unterschreiben jedes Update mit Schlüsseln, die getrennt von diesem Server liegen. Das Gerät prüft die Unterschriften und das ganze Update, bevor es etwas installiert, probiert es aus und kehrt von selbst zurück, wenn es nicht gut läuft. Besitzer sehen auf ihren Seiten, welche Version läuft und dass es die veröffentlichte ist.
public-plan = Wie Geräte ersetzt werden
public-dates = Alle Daten
public-date-first = Erstmals verkauft
public-date-discontinued = Zuletzt verkauft
public-date-software = Sicherheitsupdates bis
public-date-hardware = Reparatur und Ersatz bis
public-date-warranty = Garantie
public-date-warranty-words = { $span } ab Kauf
public-sunsets = Was unterwegs endet
public-promises = Was wann zugesagt wurde
public-promises-note = Das Datum kann nach hinten rücken, aber nie nach vorn.
public-promise = Am { $at }: bis { $until }
public-terms = Was der Betrieb kostet
public-ask = Fragen
public-privacy-title = Datenschutz bei { $name }
public-privacy-lead = Erstellt aus derselben Beschreibung, gegen die der Server jede Nachricht prüft: Was hier nicht steht, wird nicht angenommen.
public-personal = Was es über Sie erfasst
public-personal-none = Nichts, was etwas über eine Person aussagt.
public-personal-note = Dies kann etwas über die Menschen zu Hause aussagen.
public-what = Was
public-purpose = Wofür
public-basis = Rechtsgrundlage
public-basis-unstated = nicht angegeben
public-basis-consent = Ihre Einwilligung (Art. 6 Abs. 1 a DSGVO)
public-basis-contract = Unser Vertrag mit Ihnen (Art. 6 Abs. 1 b DSGVO)
public-basis-legal-obligation = Eine Rechtspflicht (Art. 6 Abs. 1 c DSGVO)
public-basis-vital-interests = Schutz von Leib und Leben (Art. 6 Abs. 1 d DSGVO)
public-basis-public-task = Eine öffentliche Aufgabe (Art. 6 Abs. 1 e DSGVO)
public-basis-legitimate-interests = Berechtigte Interessen (Art. 6 Abs. 1 f DSGVO)
public-kept = Gespeichert für
public-kept-setting = solange es eingestellt ist
public-kept-server = kein Ende angegeben
public-recipients = Wer es erhält
public-recipients-none = Niemand außer dem Hersteller.
public-risks = Wozu das Teilen führen kann
public-steps = Was Sie tun können
public-deletion = Ihre Daten löschen
public-rights = Ihre Rechte
public-redress = Wenn etwas schiefging
public-security-title = Sicherheit von { $name }
public-report = Ein Sicherheitsproblem melden
public-report-words = Jeder kann melden: kostenlos, ohne Konto, ohne Namen, auf Englisch oder in jeder Sprache, die der Hersteller liest.
public-acknowledge = Ihre Meldung wird bestätigt innerhalb dieser Zeit: { $days }
public-news = Bis zur Lösung hören Sie von uns mindestens alle: { $days }
public-policy = Wie mit Meldungen umgegangen wird
public-statement-title = Konformitätserklärung für { $name }
public-statement = Konformitätserklärung
public-statement-law = Nach Schedule 4 der britischen „Product Security and Telecommunications Infrastructure (Security Requirements for Relevant Connectable Products) Regulations 2023“
public-statement-product = Produkt
public-statement-batch = Typ und Charge
public-statement-maker = Hersteller
public-statement-representative = Bevollmächtigter
public-statement-until = Bei der ersten Lieferung zugesagter Support, bis
public-statement-extended = Seither verlängert bis { $day }
public-statement-prepared = Diese Erklärung wurde von { $maker } oder in dessen Auftrag erstellt.
public-statement-requirements = Nach Auffassung des Herstellers sind die anwendbaren Sicherheitsanforderungen aus Schedule 1 erfüllt.
public-statement-conditions = Nach Auffassung des Herstellers sind die Bedingungen aus Schedule 2 erfüllt, unter denen die Sicherheitsanforderungen als eingehalten gelten.
public-statement-standards = Sie stützt sich auf: { $standards }
public-statement-signed = Unterzeichnet von
public-statement-place = Ort und Datum
public-statement-none = Der Hersteller hat für dieses Produkt noch keine Erklärung veröffentlicht.
public-retail-title = { $name } verkaufen
public-retail-lead = Was ein Händler zeigt, prüft und mitgibt. Alles hier dürfen Sie übernehmen.
public-retail-beside = Zeigen Sie das neben dem Preis
public-retail-beside-words = Am Regal, im Katalog und im Netz, bevor der Kunde sich entscheidet.
public-retail-text = { $name } bekommt Sicherheitsupdates bis { $day }.
public-retail-text-ended = { $name } bekommt seit { $day } keine Sicherheitsupdates mehr.
public-retail-text-warranty = Garantie: { $span } ab Kauf.
public-retail-terms = Nennen Sie auch die laufenden Kosten:
public-retail-duties = Ihre Liste
public-retail-duty-date = Zeigen Sie das Datum { $day } überall, wo der Preis steht, und holen Sie es täglich neu: Es kann nach hinten rücken.
public-retail-duty-statement = Geben Sie das Produkt nicht ohne seine Erklärung ab, und behalten Sie eine Kopie:
public-retail-duty-stop = Verkaufen Sie es nach dem { $day } nicht mehr als neu, außer dem Käufer wird schriftlich gesagt, dass es keine Sicherheitsupdates mehr gibt.
public-retail-duty-password = Setzen, notieren oder übergeben Sie nie ein Passwort für ein Gerät. Der Code darauf gehört allein dem Käufer.
public-retail-duty-returns = Löschen Sie jedes zurückgegebene oder aufgearbeitete Gerät vor dem Weiterverkauf, und prüfen Sie, dass es seinen Code neu verlangt.
public-retail-duty-buyers = Bewahren Sie Adressen von Käufern nur so lange auf, wie Sie sie brauchen, und geben Sie sie niemandem.
public-retail-duty-tell = Erfahren Sie von einem Fehler oder einem Verstoß, verkaufen Sie nicht weiter und sagen Sie es dem Hersteller:
public-retail-print = Für Regal und Karton
public-retail-pdf = Etikett, A7 (PDF)
public-retail-svg = Etikett, A7 (SVG)
public-retail-qr = Nur der Code (SVG)
public-retail-feeds = Für Ihr System
public-retail-feeds-words = Sie sagen dasselbe wie diese Seite und ändern sich mit ihr. Sie haben ein Entity-Tag: Erneutes Fragen kostet nichts.
public-retail-json = alle Produkte mit ihren Daten
public-retail-atom = was sich geändert hat
public-retail-ld = dieses Produkt, für Ihre Seite
public-label-until = Sicherheitsupdates bis
public-label-ended = Keine Sicherheitsupdates seit
public-label-scan = Warum, und was mit Daten geschieht:
public-feed-title = Produkte und ihr Sicherheitssupport
public-feed-about = Bis wann jedes Produkt Sicherheitsupdates bekommt, warum, und jede Änderung daran.
public-feed-first = { $name }: Sicherheitsupdates bis { $day }
public-feed-extended = { $name }: Support verlängert bis { $day }
public-feed-security = { $name }: Sicherheitsupdate { $version }
public-feed-update = { $name }: Update { $version }
public-ld-until = Sicherheitsupdates bis
public-ld-statement = Konformitätserklärung
public-ld-reason = Grund für die Dauer des Supports
public-ld-hardware = Reparatur und Ersatz bis
public-ld-warranty = Garantie in Monaten
public-ld-terms = Laufende Kosten
public-ld-contact = Kontakt für Sicherheitsfragen
public-and = { $a } und { $b }
public-comma = ,
public-month-1 = Januar
public-month-2 = Februar
public-month-3 = März
public-month-4 = April
public-month-5 = Mai
public-month-6 = Juni
public-month-7 = Juli
public-month-8 = August
public-month-9 = September
public-month-10 = Oktober
public-month-11 = November
public-month-12 = Dezember
public-date = { $day }. { $month } { $year }
public-days = { $count ->
    [one] { $count } Tag
   *[other] { $count } Tage
}
public-hours = { $count ->
    [one] { $count } Stunde
   *[other] { $count } Stunden
}
public-minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
public-months = { $count ->
    [one] { $count } Monat
   *[other] { $count } Monate
}
public-years = { $count ->
    [one] { $count } Jahr
   *[other] { $count } Jahre
}
public-update-signed = { $count ->
    [one] von { $count } Person unterschrieben
   *[other] von { $count } Menschen unterschrieben
}
public-impersonal = { $count ->
    [one] { $count } weiterer Wert, nur über das Gerät selbst
   *[other] { $count } weitere Werte, nur über das Gerät selbst
}

# What owners read about a release.
note-risk = Welches Risiko es beseitigt
note-urgency = Wie eilig es ist
note-urgency-now = Jetzt installieren
note-urgency-soon = In den nächsten Tagen installieren
note-urgency-whenever = Installieren, wann es Ihnen passt
note-away-title = Wie lange das Gerät ausfällt
note-away-none = Gar nicht
note-away = { $count ->
    [one] Etwa { $count } Minute
   *[other] Etwa { $count } Minuten
}
note-do = Was Sie tun müssen
note-do-nothing = Nichts
note-do-restart = Das Gerät neu starten, wenn es Sie darum bittet
note-do-keep-powered = Das Gerät am Strom lassen
note-do-update-app-first = Zuerst die App aktualisieren
note-advisories = Sicherheitshinweise, die damit erledigt sind
note-none = Zu dieser Version hat der Hersteller das noch nicht gesagt.
