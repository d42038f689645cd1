create table build.builds (
    build_id bigint generated always as identity primary key,
    status text not null default 'running' check (status in ('running', 'built', 'failed', 'superseded')),
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    project_sha256 text not null
);
comment on table build.builds is 'Builds of the warehouse, one at a time.';
comment on column build.builds.project_sha256 is 'The dbt project that the build ran; when it changes, every model runs.';
comment on column build.builds.status is 'running: its tasks are at work. built: every layer is done. failed: it stopped; its rows are taken up by the next build. superseded: a later build took its place.';
create unique index one_build_at_a_time on build.builds ((true)) where status = 'running';

create table build.build_deliveries (
    build_id bigint not null references build.builds,
    delivery_id bigint not null references landing.deliveries,
    source_table text not null,
    primary key (build_id, delivery_id, source_table)
);
comment on table build.build_deliveries is 'The deliveries that a build takes in: an explicit list, because deliveries may commit in any order.';
create index on build.build_deliveries (delivery_id);

grant select, insert, update on build.builds to seamline_pipeline;
grant select, insert on build.build_deliveries to seamline_pipeline;
grant select on build.builds, build.build_deliveries to seamline_builder;
