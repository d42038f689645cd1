-- What a channel says of its limits is heeded within the connection that hears it; nobody ever kept it here.
alter table outbox.channels
    drop column cost_available,
    drop column cost_maximum,
    drop column cost_restore_per_second,
    drop column cost_seen_at;
comment on table outbox.channels is 'How each channel does: circuit breaker and retry budget.';
