# Room: the console's ledger, conformity and keys.
ledger-lead = Jede Entscheidung über Sicherheit, je eine Zeile, in einem Baum, der sich nicht unbemerkt ändern lässt. Er enthält nur Kennungen und Fingerabdrücke.
ledger-entries = Einträge
ledger-size = { $n } Einträge insgesamt, neueste zuerst
ledger-what = Was geschah
ledger-anything = alles
ledger-person = Person
ledger-person-hint = ihre Kennung
ledger-until = Bis zum Tag
ledger-nobody = Kein Eintrag passt.
ledger-nobody-text = Wählen Sie eines von Art, Gerät und Person, und einen späteren Tag.
ledger-show-all = Alle Einträge zeigen
ledger-empty = Noch ist nichts geschehen.
ledger-empty-text = Der erste Eintrag entsteht mit der ersten Entscheidung über Sicherheit, etwa einem Vertrauensdokument oder einer Aufnahme.
ledger-leaf = Blatt-Hash
ledger-newest = Neueste
ledger-older = Ältere
ledger-head = Unterschriebener Kopf
ledger-root = Wurzel-Hash
ledger-key = Prüfschlüssel
ledger-check = Selbst prüfen
ledger-check-text = Glauben Sie dieser Seite nicht. Nehmen Sie eine Kopie und prüfen Sie sie auf einem anderen Rechner; nur der Prüfschlüssel muss von einer Stelle kommen, der Sie vertrauen.
ledger-check-note = Der Baum ist der von RFC 6962, der Kopf eine C2SP-Signed-Note. Bewahren Sie einen alten Kopf auf: Ein späterer muss ihn enthalten.
ledger-entry-kind = Eintrag { $n }: { $kind }
ledger-entry = Eintrag { $n }
ledger-says = Was er sagt
ledger-bytes = Das Blatt, Byte für Byte
ledger-proof = Beweis, dass er im Baum steht
ledger-rfc = RFC 6962, Abschnitt 2.1.1
ledger-tree-size = Größe des Baums
ledger-path = Hashes vom Blatt zur Wurzel
ledger-path-none = Keine: Es ist das einzige Blatt, sein Hash ist die Wurzel.
ledger-head-older = Der unterschriebene Kopf ist älter als dieser Eintrag.
ledger-head-older-text = Binnen einer Minute wird ein neuer Kopf unterschrieben; laden Sie diese Seite neu.
ledger-without = Ohne diesen Server prüfen
ledger-without-text = Hashen Sie das Blatt mit einem Nullbyte davor, dann mit jedem Hash der Liste, links oder rechts nach den Bits seiner Stelle; das Ende ist die Wurzel des unterschriebenen Kopfs.
conf-lead = { $n } Anforderungen der Richtlinien, jede mit einem Stand, aus Tatsachen berechnet { $at }. Was nichts belegt, ist offen, nie grün.
conf-catalogue = Katalog { $version }
conf-stand = Wie sie stehen
conf-status = Stand
conf-capability = Fähigkeit
conf-text = Text oder Kennung
conf-shown = { $shown } von { $total } gezeigt
conf-met = { $met } von { $total } erfüllt
conf-requirement = Anforderung
conf-asks = Was sie verlangt
conf-shown-by = Was es belegt
conf-nothing = noch nichts
conf-nobody = Keine Anforderung passt.
conf-report = Für einen Bericht zum Weitergeben:
keys-lead = Jeder Schlüssel, auf den sich das Produkt stützt: wofür er da ist, wer für ihn einsteht, wo er liegt und wann er wechselt.
keys-overdue = { $count ->
    [one] { $count } Schlüssel ist über seine Zeit
   *[other] { $count } Schlüssel sind über ihre Zeit
}
keys-soon = { $count ->
    [one] { $count } Schlüssel ist binnen eines Monats fällig
   *[other] { $count } Schlüssel sind binnen eines Monats fällig
}
keys-review = Die Krypto-Regeln sind zu überprüfen
keys-review-text = Sie wurden zuletzt am { $at } mit ihren Quellen verglichen. Nehmen Sie ein neueres Release von Holdfast, oder prüfen Sie die Tabelle unten selbst.
keys-validity = Gültigkeit
keys-validity-lead = Ein halbes Jahr zurück, drei Jahre voraus; der dünne Strich ist heute, die Marke der nächste Wechsel
keys-key = Schlüssel
keys-ends = Endet
keys-next = Nächster Wechsel
keys-lies = Liegt
keys-no-end = kein Ende
keys-made = erzeugt { $at }
keys-clear = Die Schlüsseldateien des Servers liegen offen, lesbar nur für dessen Benutzer. Versiegeln Sie sie mit einer Schlüsseldatei außerhalb des Zustandsordners:
keys-fleet-lead = Betriebszertifikate nach Produkt
keys-fleet-none = Noch hat kein Gerät ein Zertifikat.
keys-by-product = Zertifikate nach Produkt
keys-in-use = In Gebrauch
keys-unused = Noch unbenutzt
keys-ending = Enden in 30 Tagen
keys-ended = Beendet
keys-hardware = Schlüssel in Hardware
keys-oldest = Ältestes
keys-fleet-none-text = Jedes bekommt eines bei der Aufnahme, für seinen eigenen Schlüssel.
keys-retiring = { $n } von der auslaufenden CA
keys-renew = Geräte erneuern nach zwei Dritteln der Laufzeit. Wessen Zertifikat beendet ist, kommt mit seiner Werksidentität zurück, wie die Regeln es erlauben.
keys-tokens = { $count ->
    [one] { $count } API-Token in Gebrauch.
   *[other] { $count } API-Tokens in Gebrauch.
}
keys-token-end = Das erste endet { $at }.
keys-change = Einen Schlüssel wechseln
keys-change-lead = Mit Überlappung: Alter und neuer gelten zusammen, bis jedes Gerät den neuen kennt
keys-step-1 = Nichts wechselt gerade. Schritt 1 von 4 erzeugt den nächsten Schlüssel; noch stützt sich nichts auf ihn.
keys-make = Nächsten Schlüssel erzeugen
keys-step-2 = Schritt 2 von 4: Das nächste Vertrauensdokument muss ihn nennen. Der Server kann das nicht, das tun die Inhaber der Wurzelschlüssel:
keys-step-3 = Schritt 3 von 4: Das geltende Vertrauensdokument nennt den nächsten Schlüssel.
keys-use = In Gebrauch nehmen
keys-step-4 = { $count ->
    [0] Schritt 4 von 4: Kein Gerät hängt mehr am alten Schlüssel.
    [one] Schritt 4 von 4: { $count } Gerät hängt noch am alten Schlüssel. Warten Sie, bis es erneuert hat.
   *[other] Schritt 4 von 4: { $count } Geräte hängen noch am alten Schlüssel. Warten Sie, bis sie erneuert haben.
}
keys-destroy-open = Alten Schlüssel vernichten …
keys-destroy = Alten Schlüssel vernichten
keys-final = Das lässt sich nicht zurücknehmen.
keys-come-back = { $count ->
    [one] { $count } Gerät muss mit seiner Werksidentität zurückkommen.
   *[other] { $count } Geräte müssen mit ihrer Werksidentität zurückkommen.
}
keys-lists = Widerrufslisten
keys-crl-said = Nr. { $n }, erstellt { $at }
keys-certificates = { $count ->
    [one] { $count } Zertifikat
   *[other] { $count } Zertifikate
}
keys-crl-until = gültig bis { $at }
keys-download = herunterladen
keys-lists-none = Die erste entsteht Sekunden nach dem Start.
keys-policy = Krypto-Regeln
keys-reviewed = Überprüft am { $at }
keys-next-review = nächste Überprüfung { $at }
keys-algorithm = Verfahren
keys-permitted = Erlaubt für
keys-until = Bis
keys-advice = Auf wessen Rat
keys-endless = kein Ende abzusehen
keys-rest = Was nicht in dieser Tabelle steht, wird mit Namen abgewiesen.
keys-title-maker-root = Wurzelschlüssel des Herstellers
keys-title-release-signer = Release-Unterzeichner
keys-title-factory-ca = Werks-CA
keys-title-operational-ca = Betriebs-CA
keys-title-freshness = Frischeschlüssel
keys-title-ledger = Protokollschlüssel
keys-title-server-door = Serverzertifikat
keys-title-sealing-key = Siegelschlüssel
keys-remedy-maker-root = Erzeugen Sie offline einen neuen Schlüssel (holdfast key create), nennen Sie ihn im nächsten Vertrauensdokument und laden Sie es hoch.
keys-remedy-release-signer = Erzeugen Sie offline einen neuen Schlüssel (holdfast key create), nennen Sie ihn im nächsten Vertrauensdokument und laden Sie es hoch.
keys-remedy-factory-ca = Legen Sie eine neue Werks-CA an (holdfast factory init) und nennen Sie beide im nächsten Vertrauensdokument.
keys-remedy-operational-ca = Führen Sie holdfast authority rotate aus und nennen Sie dann beide CAs im nächsten Vertrauensdokument.
keys-remedy-freshness = Führen Sie holdfast authority rotate --role freshness aus und nennen Sie dann den neuen Schlüssel im nächsten Vertrauensdokument.
keys-remedy-ledger = Der Schlüssel des Protokolls hat kein Ende; kündigen Sie einen neuen im Protokoll an, bevor Sie wechseln.
keys-remedy-server-door = Es erneuert sich nach zwei Dritteln seiner Laufzeit von selbst: Sehen Sie im Log des Servers nach, warum nicht.
keys-remedy-sealing-key = Starten Sie den Server mit einem Siegelschlüssel, oder wechseln Sie ihn mit holdfast authority reseal.
