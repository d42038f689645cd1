-- Who may do what:
--   seamline_pipeline  the steps: everything but the model's tables
--   seamline_builder   dbt: makes the model from raw
--   seamline_reader    engineers and operators: reads everything, writes nothing
--   seamline_analyst   analysts and BI tools: reads what is published
-- The login roles are made where the server is made; on a server that has none,
-- they are made here without login, so that the rights below have somebody to belong to.
do $$
declare
    role_name text;
begin
    foreach role_name in array array[
        'seamline_pipeline', 'seamline_builder', 'seamline_analyst', 'seamline_reader'
    ] loop
        if not exists (select from pg_roles where rolname = role_name) then
            execute format('create role %I nologin', role_name);
        end if;
    end loop;
end
$$;

create schema landing;
create schema dead_letter;
create schema raw;
create schema build;
create schema gate;
create schema outbox;
create schema reconciliation;
create schema edi;
create schema seam;
create schema staging;
create schema conformed;
create schema metrics;
create schema outbound;
create schema seeds;
create schema snapshots;
create schema bi_blue;
create schema bi_green;
create schema bi;

comment on schema landing is 'What came: deliveries, their files, their counts; how far each flow has read.';
comment on schema dead_letter is 'What was set aside, with evidence and owner.';
comment on schema raw is 'The last accepted version of every record, one table per system and entity.';
comment on schema build is 'Which deliveries each build of the warehouse took in.';
comment on schema gate is 'Outbound batches, exactly as checked, and the verdicts on them.';
comment on schema outbox is 'What is to be sent, what was sent, what the channel said and what it shows.';
comment on schema reconciliation is 'What the channel shows against what we hold.';
comment on schema edi is 'Interchanges, control numbers and acknowledgements.';
comment on schema seam is 'What an operator sees: runs of steps, interventions, one row per seam.';
comment on schema staging is 'Raw, renamed and typed. Made by dbt.';
comment on schema conformed is 'The canonical model, one shape whatever the system. Made by dbt.';
comment on schema metrics is 'Metrics, each defined once. Made by dbt; read them in bi.';
comment on schema outbound is 'Exactly what one channel should show. Made by dbt.';
comment on schema bi_blue is 'One of the two sides that bi shows in turn.';
comment on schema bi_green is 'One of the two sides that bi shows in turn.';
comment on schema bi is 'What analysts read: gated metrics and conformed tables, swapped in whole.';

revoke all on schema public from public;

grant usage on schema landing, dead_letter, build, gate, outbox, reconciliation, edi, seam to seamline_pipeline;
grant usage, create on schema raw, gate, bi_blue, bi_green, bi to seamline_pipeline;
grant usage on schema staging, conformed, metrics, outbound, seeds, snapshots to seamline_pipeline;

grant usage, create on schema staging, conformed, metrics, outbound, seeds, snapshots to seamline_builder;
grant usage on schema raw, landing, build, outbox to seamline_builder;

grant usage on schema bi to seamline_analyst;

grant usage on schema landing, dead_letter, raw, build, gate, outbox, reconciliation, edi, seam, staging, conformed,
    metrics, outbound, seeds, snapshots, bi_blue, bi_green, bi to seamline_reader;
alter default privileges grant select on tables to seamline_reader;
alter default privileges for role seamline_pipeline grant select on tables to seamline_reader;
alter default privileges for role seamline_builder grant select on tables to seamline_reader;

alter default privileges for role seamline_pipeline in schema raw grant select on tables to seamline_builder;
