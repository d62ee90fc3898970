//! The rate of the whole fleet over the last minute, and the door's news translated for pages.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_web::backend::LiveEvent as News;
use holdfast_web::backend::fleet::Pulse as View;
use tokio::sync::broadcast;

use crate::gateway::{Connections, LiveEvent};

/// Seconds that are kept.
const SECONDS: usize = 60;

/// Messages stored in each of the last seconds; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pulse(Arc<Mutex<VecDeque<u32>>>);

impl Pulse {
    /// The figures for a page.
    #[must_use]
    pub(crate) fn view(&self, connections: &Connections) -> View {
        let metrics = connections.metrics();
        let messages = self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        View {
            messages,
            connections: u64::try_from(connections.count()).unwrap_or(u64::MAX),
            stored: metrics.stored,
            refused: metrics.refused,
        }
    }

    fn add(&self, stored: u64) {
        let mut seconds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seconds.len() == SECONDS {
            seconds.pop_front();
        }
        seconds.push_back(u32::try_from(stored).unwrap_or(u32::MAX));
    }
}

/// Follows the door until it is gone.
pub(crate) async fn follow(connections: Connections, pulse: Pulse, news: broadcast::Sender<News>) {
    let mut door = connections.follow();
    loop {
        let event = match door.recv().await {
            Ok(event) => event,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => return,
        };
        let told = match event {
            LiveEvent::Online(device)
            | LiveEvent::Offline(device)
            | LiveEvent::Changed(device)
            | LiveEvent::PolicyChanged { device, .. } => Some(News::Device(device)),
            LiveEvent::TelemetryRate { stored_per_second, .. } => {
                pulse.add(stored_per_second);
                Some(News::Pulse(pulse.view(&connections)))
            }
            LiveEvent::Refused { .. } => None,
        };
        if let Some(news_item) = told {
            let _ = news.send(news_item);
        }
    }
}
