//! Short texts of the device's page: what stood against a form, what was done, what an event was.

use crate::local::html::Html;

/// What stood against a form, by its stable name.
pub(super) fn problem(page: &mut Html, why: &str) {
    let (english, german) = match why {
        "pairing-busy" | "question-waits" => (
            "The device asks somebody something already. Answer that first, or wait two minutes.",
            "Das Gerät fragt gerade schon etwas. Beantworten Sie das zuerst oder warten Sie zwei Minuten.",
        ),
        "too-many-controllers" => (
            "Too many browsers are connected. Remove one first.",
            "Es sind zu viele Browser verbunden. Entfernen Sie zuerst einen.",
        ),
        "body-malformed" => ("Please type a name.", "Bitte geben Sie einen Namen ein."),
        "value-out-of-range" => {
            ("The value is outside what the device allows.", "Der Wert liegt außerhalb dessen, was das Gerät erlaubt.")
        }
        "value-kind" => ("This value cannot be read.", "Dieser Wert ist nicht lesbar."),
        "not-sure" => ("Tick that you are sure, then try again.", "Bestätigen Sie zuerst, dass Sie sicher sind."),
        "application-not-running" => (
            "The device's program is not running just now. Try again in a moment.",
            "Das Programm des Geräts läuft gerade nicht. Versuchen Sie es gleich noch einmal.",
        ),
        "presence-needed" => (
            "This device has an owner. Somebody has to press its button.",
            "Dieses Gerät hat jemanden, dem es gehört. Jemand muss seine Taste drücken.",
        ),
        "wrong-code" => ("These are not the digits.", "Das sind nicht die richtigen Ziffern."),
        "nothing-to-confirm" => ("There is nothing to confirm any more.", "Es gibt nichts mehr zu bestätigen."),
        "credential-too-short" => ("Too short or too long.", "Zu kurz oder zu lang."),
        "form-not-ours" | "sign-in-needed" => {
            ("This form has become old. Connect again.", "Dieses Formular ist veraltet. Bitte verbinden Sie sich neu.")
        }
        _ => ("The device could not do that.", "Das Gerät konnte das nicht tun."),
    };
    page.raw("<p class=\"card problem\" role=\"alert\">").tell(english, german).raw("</p>");
}

/// What a form did, by its word; nothing for any other.
pub(super) fn done(page: &mut Html, word: &str) {
    let (english, german) = match word {
        "set" => ("The device was told.", "Das Gerät weiß Bescheid."),
        "done" => ("The device does it.", "Das Gerät tut es."),
        "confirmed" => {
            ("Confirmed. The phone goes on by itself.", "Bestätigt. Auf dem Telefon geht es von selbst weiter.")
        }
        "denied" => ("Refused. Nothing was changed.", "Abgelehnt. Es wurde nichts geändert."),
        "removed" => ("Removed. It is out at once.", "Entfernt. Der Zugang ist sofort beendet."),
        "credential" => {
            ("Changed. The earlier one does not work any more.", "Geändert. Das bisherige gilt nicht mehr.")
        }
        "reset" => ("Now confirm at the device itself.", "Bestätigen Sie jetzt am Gerät selbst."),
        _ => return,
    };
    page.raw("<p class=\"card good\" role=\"status\">").tell(english, german).raw("</p>");
}

/// Events that have words of their own.
pub(super) const fn event(kind: &str) -> Option<(&'static str, &'static str)> {
    Some(match kind.as_bytes() {
        b"local-change" => ("Setting changed here", "Hier eingestellt"),
        b"local-action" => ("Started here", "Hier gestartet"),
        b"local-paired" => ("Connected", "Verbunden"),
        b"local-pairing-waits" => ("Somebody asked to connect", "Jemand wollte sich verbinden"),
        b"local-pairing-denied" => ("Connection refused", "Verbindung abgelehnt"),
        b"local-controller" => ("Paired phone", "Verbundenes Telefon"),
        b"local-controller-revoked" => ("Removed", "Entfernt"),
        b"local-credential-changed" => ("Password or key changed", "Passwort oder Schlüssel geändert"),
        b"local-sign-in-failed" => ("A sign-in failed", "Eine Anmeldung schlug fehl"),
        b"claim-asked" => ("Somebody claims the device", "Jemand möchte das Gerät übernehmen"),
        b"claim-confirmed" => ("The claim was confirmed", "Die Übernahme wurde bestätigt"),
        b"claim-denied" => ("The claim was refused", "Die Übernahme wurde abgelehnt"),
        b"application-ended" => {
            ("The program ended and was started again", "Das Programm endete und wurde neu gestartet")
        }
        b"factory-reset" => ("Factory reset", "Auf Werkszustand zurückgesetzt"),
        b"clock-corrected" => ("The clock was corrected", "Die Uhr wurde gestellt"),
        _ => return None,
    })
}
