//! The closed list of what can be found, with the words for people.

use crate::integrity::Severity;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $severity:ident, $title:literal, $advice:literal;)*) => {
        /// What was found. A name, once released, keeps its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FindingKind {
            $($(#[$doc])* $variant,)*
        }

        impl FindingKind {
            /// Every kind, in the order of the list.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable kebab-case name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What it is, for a heading.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }

            /// How urgent it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            /// What to do next, one sentence.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice),* }
            }
        }
    };
}

kinds! {
    /// Far more messages than usual.
    MessageRateHigh = "message-rate-high", Warning, "Far more messages than usual",
        "Throttle it if it burdens others; look for a loop in its software.";
    /// Far fewer messages than usual.
    MessageRateLow = "message-rate-low", Notice, "Far fewer messages than usual",
        "Look whether part of its work has stopped.";
    /// No message for far longer than ever.
    DeviceSilent = "device-silent", Warning, "It has gone silent",
        "Ask its owner whether it has power and network; nothing else of its neighbours is missing.";
    /// Far more bytes in an hour than usual.
    VolumeHigh = "volume-high", Warning, "Far more data than usual",
        "Throttle it, then find out what it sends.";
    /// A little more data than usual, hour after hour.
    SlowExfiltration = "slow-exfiltration", Critical, "A little more data, hour after hour",
        "Quarantine it if nothing explains it: data may be taken out slowly.";
    /// Far more refusals than usual.
    RefusalsHigh = "refusals-high", Warning, "Far more refusals than usual",
        "Look at the refusals by name; software that does not fit the model is the usual cause.";
    /// It connects again and again.
    ReconnectStorm = "reconnect-storm", Warning, "It connects again and again",
        "Throttle it; look at its network and its power.";
    /// A network it never came from.
    NewEndpoint = "new-endpoint", Notice, "It comes from a new network",
        "Ordinary after a move; with other findings beside it, think of a copied key.";
    /// Its clock runs away.
    ClockSkew = "clock-skew", Notice, "Its clock runs away",
        "Look at its time source.";
    /// Its clock was set.
    ClockJump = "clock-jump", Warning, "Its clock has jumped",
        "Look at its time source: a wrong clock makes old certificates good and new ones bad.";
    /// Its messages are held back.
    DeliveryDelayed = "delivery-delayed", Warning, "Its messages are held back on the way",
        "Somebody or something between it and us delays them; do not let time-critical rules rest on it.";
    /// Counters are skipped.
    ReadingsMissing = "readings-missing", Warning, "Readings are missing",
        "Messages are lost or dropped on the way; ask the device to send them again.";
    /// Counters come twice.
    ReadingsRepeated = "readings-repeated", Warning, "Readings come twice",
        "Acknowledgements may be lost, or somebody replays messages.";
    /// Counters come out of order.
    ReadingsReordered = "readings-reordered", Notice, "Readings come out of order",
        "Two copies of the device, or a disturbed network.";
    /// One value far off.
    ValueSpike = "value-spike", Notice, "A value far off",
        "Nothing to do if it stays alone.";
    /// A value drifts away.
    ValueDrift = "value-drift", Warning, "A value drifts away",
        "Check the sensor's calibration, or what it measures.";
    /// A value is far more restless than usual.
    ValueNoisy = "value-noisy", Notice, "A value is far more restless than usual",
        "Check the sensor's wiring and supply.";
    /// A sensor says the same for ever.
    SensorStuck = "sensor-stuck", Warning, "A sensor says the same for ever",
        "Do not let rules rest on it; restart or exchange the sensor.";
    /// A stream it never used, or one that is not declared.
    NewTopic = "new-topic", Notice, "It speaks about something new",
        "Ordinary after new software; otherwise quarantine it and ask for evidence.";
    /// It breaks the rates of its model.
    ProfileBreach = "profile-breach", Warning, "It breaks the profile of its model",
        "Throttle it: its model promises less.";
    /// Its identity is refused again and again.
    AuthFailures = "auth-failures", Critical, "Its identity is refused again and again",
        "Somebody may try an old or copied key: look at its certificates, revoke if in doubt.";
    /// It runs older software than before.
    VersionDrift = "version-drift", Warning, "It runs older software than before",
        "Look for the reason in its updates; ask for fresh evidence.";
    /// A person or token asks far more than usual.
    ApiCallsHigh = "api-calls-high", Warning, "Far more calls of the interface than usual",
        "Ask the person; revoke the token if it was not them.";
    /// A person or token takes far more data than usual.
    ExportVolumeHigh = "export-volume-high", Critical, "Far more data taken out than usual",
        "Ask the person; revoke the token at once if it was not them.";
    /// Sign-ins fail again and again.
    SignInFailures = "sign-in-failures", Critical, "Sign-ins fail again and again",
        "Somebody tries links or tokens: look where from, and revoke what may be known.";
}

impl FindingKind {
    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// What its figures count.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::MessageRateHigh | Self::MessageRateLow => "messages a window",
            Self::DeviceSilent => "windows without a message",
            Self::VolumeHigh | Self::SlowExfiltration => "bytes an hour",
            Self::RefusalsHigh | Self::ProfileBreach | Self::AuthFailures => "refusals",
            Self::ReconnectStorm => "connections a window",
            Self::NewEndpoint => "networks",
            Self::ClockSkew | Self::ClockJump | Self::DeliveryDelayed => "milliseconds behind us",
            Self::ReadingsMissing | Self::ReadingsRepeated | Self::ReadingsReordered => "readings a window",
            Self::ValueSpike | Self::ValueDrift | Self::ValueNoisy | Self::SensorStuck => "as measured",
            Self::NewTopic => "streams",
            Self::VersionDrift => "release sequence",
            Self::ApiCallsHigh => "calls a window",
            Self::ExportVolumeHigh => "bytes a window",
            Self::SignInFailures => "failures",
        }
    }

    /// Whether an outage of network or power looks like this: many devices at once are then no finding each.
    #[must_use]
    pub const fn is_outage_shaped(self) -> bool {
        matches!(
            self,
            Self::DeviceSilent
                | Self::ReconnectStorm
                | Self::MessageRateLow
                | Self::DeliveryDelayed
                | Self::ReadingsMissing
                | Self::ReadingsRepeated
                | Self::NewEndpoint
                | Self::ValueSpike
        )
    }

    /// Whether it is told at once, without waiting whether others of its product do the same.
    #[must_use]
    pub const fn is_immediate(self) -> bool {
        matches!(self, Self::ProfileBreach | Self::AuthFailures | Self::NewTopic | Self::VersionDrift)
    }
}
