grant usage on schema dead_letter, seam, reconciliation to seamline_builder;
grant select (dead_letter_id, flow, status, created_at) on dead_letter.letters to seamline_builder;
grant select (mismatch_id, flow, status, first_seen_at) on reconciliation.mismatches to seamline_builder;
grant select (intervention_id, kind, subject, made_at) on seam.interventions to seamline_builder;

-- Days are counted again until they are over; nobody reads all that ever happened for that.
create index on landing.deliveries (landed_at);
create index on dead_letter.letters (created_at);
create index on reconciliation.mismatches (first_seen_at);
create index on seam.interventions (made_at);
