//! A device's detector state as bytes, and back.

use super::super::gauge::Gauge;
use super::super::pack::{Packer, Unpacker};
use super::super::value::{Round, ValueGauge};
use super::super::{ENDPOINTS_MAX, FIELDS_MAX};
use super::trace::Trace;
use super::{DeviceWatch, GAUGES};

/// First byte of packed state; another one is another version, and learnt anew.
const VERSION: u8 = 2;

impl DeviceWatch {
    /// The state as bytes.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut to = Packer::default();
        to.u8(VERSION);
        self.gauges.iter().for_each(|gauge| gauge.pack(&mut to));
        to.u8(u8::try_from(self.fields.len()).unwrap_or(0));
        self.fields.iter().for_each(|field| field.pack(&mut to));
        self.round.pack(&mut to);
        to.u8(u8::try_from(self.endpoints.len()).unwrap_or(0));
        self.endpoints.iter().for_each(|network| to.u32(*network));
        to.u32(self.topics);
        to.u64(self.software);
        to.u32(self.windows);
        to.u16(self.quiet);
        to.u16(self.quiet_most);
        to.u16(self.catching_up);
        to.f32(self.hour_bytes);
        to.u16(self.hour_windows);
        to.u8(u8::from(self.hour_spoiled));
        to.half(self.breaches);
        to.half(self.undeclared);
        to.half(self.identity);
        to.bytes()
    }

    /// State from bytes; `None` if they are of another version or no state: it is learnt anew then.
    #[must_use]
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut from = Unpacker::of(bytes);
        if from.u8()? != VERSION {
            return None;
        }
        let mut gauges = [Gauge::default(); GAUGES];
        for gauge in &mut gauges {
            *gauge = Gauge::unpack(&mut from)?;
        }
        let count = usize::from(from.u8()?);
        let fields = (0..count.min(FIELDS_MAX)).map(|_| ValueGauge::unpack(&mut from)).collect::<Option<Vec<_>>>()?;
        let round = Round::unpack(&mut from)?;
        let known = usize::from(from.u8()?);
        let endpoints = (0..known.min(ENDPOINTS_MAX)).map(|_| from.u32()).collect::<Option<Vec<_>>>()?;
        let watch = Self {
            gauges,
            fields,
            round,
            endpoints,
            topics: from.u32()?,
            software: from.u64()?,
            windows: from.u32()?,
            quiet: from.u16()?,
            quiet_most: from.u16()?,
            catching_up: from.u16()?,
            hour_bytes: from.f32()?,
            hour_windows: from.u16()?,
            hour_spoiled: from.u8()? != 0,
            breaches: from.half()?,
            undeclared: from.half()?,
            identity: from.half()?,
            trace: Trace::default(),
        };
        (from.is_empty() && count <= FIELDS_MAX && known <= ENDPOINTS_MAX).then_some(watch)
    }
}
