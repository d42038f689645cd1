alter table landing.arrivals add column as_of timestamptz;
comment on column landing.arrivals.as_of is 'The moment of which it spoke when it arrived; a repeat may speak of a later one than its delivery.';
