-- What is looked for again and again, or deleted by age, at the devices' door is found without looking at everything.
create index telemetry_aside_waiting on telemetry_aside (id) where waits = 1;
create index certificate_fallen_by_change on certificate (state_changed) where state in ('revoked', 'superseded');
create index telemetry_proof_by_time on telemetry_proof (series, received);
