//! Units that a model may declare: a closed list, each with its UCUM code and, where there is one, its `SenML` symbol.
//!
//! UCUM (Unified Code for Units of Measure) is what machines exchange, RFC 8428 §12.1 and RFC 8798 what sensors send;
//! models write units as people do, such as `°C`. Two spellings of one unit are equal, other units are never converted.

/// One unit.
#[derive(Debug, PartialEq, Eq)]
pub struct Unit {
    /// As people write it; what pages show.
    pub shown: &'static str,
    /// UCUM code, case-sensitive.
    pub ucum: &'static str,
    /// Symbol in `SenML`; empty if none is registered.
    pub senml: &'static str,
}

macro_rules! units {
    ($($shown:literal $ucum:literal $senml:literal;)*) => {
        /// Every unit.
        pub const UNITS: &[Unit] = &[$(Unit { shown: $shown, ucum: $ucum, senml: $senml }),*];
    };
}

units! {
    "1" "1" "/";
    "%" "%" "%";
    "%RH" "%{RH}" "%RH";
    "ppm" "[ppm]" "ppm";
    "ppb" "[ppb]" "";
    "°C" "Cel" "Cel";
    "K" "K" "K";
    "°F" "[degF]" "";
    "m" "m" "m";
    "mm" "mm" "mm";
    "cm" "cm" "cm";
    "km" "km" "km";
    "m²" "m2" "m2";
    "m³" "m3" "m3";
    "l" "l" "l";
    "ml" "ml" "ml";
    "kg" "kg" "kg";
    "g" "g" "g";
    "s" "s" "s";
    "ms" "ms" "ms";
    "min" "min" "min";
    "h" "h" "h";
    "d" "d" "";
    "Hz" "Hz" "Hz";
    "kHz" "kHz" "kHz";
    "MHz" "MHz" "MHz";
    "1/min" "/min" "1/min";
    "rpm" "{rpm}" "1/min";
    "bpm" "{beat}/min" "beat/min";
    "m/s" "m/s" "m/s";
    "km/h" "km/h" "km/h";
    "m/s²" "m/s2" "m/s2";
    "m³/s" "m3/s" "m3/s";
    "m³/h" "m3/h" "m3/h";
    "l/s" "l/s" "l/s";
    "l/min" "l/min" "";
    "Pa" "Pa" "Pa";
    "hPa" "hPa" "hPa";
    "kPa" "kPa" "kPa";
    "bar" "bar" "";
    "V" "V" "V";
    "mV" "mV" "mV";
    "A" "A" "A";
    "mA" "mA" "mA";
    "W" "W" "W";
    "mW" "mW" "mW";
    "kW" "kW" "kW";
    "VA" "V.A" "VA";
    "var" "{var}" "var";
    "J" "J" "J";
    "Wh" "W.h" "Wh";
    "kWh" "kW.h" "kWh";
    "C" "C" "C";
    "Ah" "A.h" "Ah";
    "mAh" "mA.h" "mAh";
    "Ω" "Ohm" "Ohm";
    "S" "S" "S";
    "S/m" "S/m" "S/m";
    "F" "F" "F";
    "H" "H" "H";
    "T" "T" "T";
    "µT" "uT" "";
    "N" "N" "N";
    "lx" "lx" "lx";
    "lm" "lm" "lm";
    "cd" "cd" "cd";
    "W/m²" "W/m2" "W/m2";
    "dB" "dB" "dB";
    "dB(A)" "dB[SPL]" "";
    "dBm" "dB[mW]" "dBm";
    "dBW" "dB[W]" "dBW";
    "B" "By" "B";
    "kB" "kBy" "kB";
    "KiB" "KiBy" "KiB";
    "MB" "MBy" "MB";
    "GB" "GBy" "GB";
    "bit" "bit" "bit";
    "bit/s" "bit/s" "bit/s";
    "kbit/s" "kbit/s" "kbit/s";
    "B/s" "By/s" "B/s";
    "°" "deg" "deg";
    "rad" "rad" "rad";
    "°lat" "deg{lat}" "lat";
    "°lon" "deg{lon}" "lon";
    "pH" "[pH]" "pH";
    "µg/m³" "ug/m3" "ug/m3";
    "mg/m³" "mg/m3" "";
    "mg/l" "mg/l" "mg/l";
    "Bq" "Bq" "Bq";
    "Sv" "Sv" "Sv";
    "µSv/h" "uSv/h" "";
    "mol" "mol" "mol";
    "count" "{count}" "count";
}

impl Unit {
    /// The unit that is written so: as people do, in UCUM, or in `SenML`.
    #[must_use]
    pub fn of(written: &str) -> Option<&'static Self> {
        let by = |spelling: fn(&Self) -> &'static str| UNITS.iter().find(|unit| spelling(unit) == written);
        if written.is_empty() {
            return None;
        }
        by(|unit| unit.shown).or_else(|| by(|unit| unit.ucum)).or_else(|| by(|unit| unit.senml))
    }
}

/// Whether a unit that a device sent is the declared one. `SenML` has one symbol for some that UCUM tells apart, such as
/// `%` for relative humidity.
#[must_use]
pub fn same_unit(declared: Option<&str>, sent: &str) -> bool {
    let sent_unit = Unit::of(sent);
    match (declared.and_then(Unit::of), sent_unit) {
        (Some(declared), Some(unit)) => {
            declared == unit || (!declared.senml.is_empty() && declared.senml == sent) || is_percent_of(declared, unit)
        }
        (None, Some(unit)) => unit.ucum == "1",
        (_, None) => false,
    }
}

/// A relative humidity may be declared in plain percent; `SenML` knows only `%RH` for it.
fn is_percent_of(declared: &Unit, sent: &Unit) -> bool {
    declared.ucum == "%" && sent.senml == "%RH"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_unit_is_listed_once_and_is_found_by_each_of_its_spellings() {
        let shown: BTreeSet<_> = UNITS.iter().map(|unit| unit.shown).collect();
        let ucum: BTreeSet<_> = UNITS.iter().map(|unit| unit.ucum).collect();
        assert_eq!((shown.len(), ucum.len()), (UNITS.len(), UNITS.len()));
        for unit in UNITS {
            assert_eq!(Unit::of(unit.shown), Some(unit));
            assert!(same_unit(Some(unit.shown), unit.shown), "{unit:?}");
            // A code may be the way in which people write another unit, then people win.
            assert!(Unit::of(unit.ucum).is_some());
            assert!(unit.senml.is_empty() || same_unit(Some(unit.shown), unit.senml), "{unit:?}");
        }
        assert_eq!(Unit::of("Celsius"), None);
        assert_eq!(Unit::of(""), None);
    }

    #[test]
    fn only_the_declared_unit_is_the_same() {
        for (declared, sent, same) in [
            (Some("°C"), "Cel", true),
            (Some("°C"), "°C", true),
            (Some("°C"), "K", false),
            (Some("°C"), "°F", false),
            (Some("%"), "%RH", true),
            (Some("%RH"), "%", false),
            (Some("kWh"), "Wh", false),
            (Some("W"), "kW", false),
            (None, "/", true),
            (None, "Cel", false),
            (Some("V"), "volt", false),
        ] {
            assert_eq!(same_unit(declared, sent), same, "{declared:?} {sent}");
        }
    }
}
