-- What is deleted by age is found by age: retention holds up the writer no longer than the few rows take that it deletes.
create index telemetry_aside_by_time on telemetry_aside (received, id);
create index device_log_by_time on device_log (received);
