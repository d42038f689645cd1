create table seam.publications (
    publication_id bigint generated always as identity primary key,
    side text not null check (side in ('bi_blue', 'bi_green')),
    build_id bigint not null,
    status text not null default 'written'
        check (status in ('written', 'passed', 'shut', 'opened', 'published', 'superseded')),
    written_at timestamptz not null default now(),
    checked_at timestamptz,
    published_at timestamptz,
    verdict jsonb,
    evidence_page text
);
comment on table seam.publications is 'What readers were shown: written aside, audited, then swapped in whole.';
comment on column seam.publications.status is 'written: one side holds the build. passed: the audit found nothing. shut: held, see the verdict. opened: a person let it out once. published: readers see it. superseded: a later one took its place.';
create unique index one_open_publication on seam.publications ((true))
    where status in ('written', 'passed', 'shut', 'opened');

create table seam.sides (
    side text not null check (side in ('bi_blue', 'bi_green')),
    table_name text not null,
    source_oid oid not null,
    build_id bigint not null,
    primary key (side, table_name)
);
comment on table seam.sides is 'How far each side holds each published table; a source that was made anew is copied in whole.';

create table build.removed_rows (
    build_id bigint not null,
    table_name text not null,
    key jsonb not null
);
comment on table build.removed_rows is 'Keys of rows that a build removed from a table of the model, so that copies can follow.';
create index on build.removed_rows (table_name, build_id);

create view bi.freshness as
select p.build_id, p.published_at, now() - p.published_at as age,
       (select min(written_at) from seam.publications where status = 'shut') as held_since
from seam.publications as p
where p.status = 'published'
order by p.publication_id desc
limit 1;
comment on view bi.freshness is 'Which build readers see, how old it is, and since when a newer one has been held by the gate.';

grant select, insert, update on seam.publications to seamline_pipeline;
grant select, insert, update, delete on seam.sides to seamline_pipeline;
grant select, delete on build.removed_rows to seamline_pipeline;
grant select, insert on build.removed_rows to seamline_builder;
grant select on bi.freshness to seamline_analyst;
