-- name: supersede_running
-- A build that still runs when another is planned has stopped; the next one takes its rows up.
update build.builds set status = 'superseded', finished_at = now() where status = 'running'

-- name: has_work
-- Deliveries whose rows the warehouse does not hold yet, identifiers that came since the last build, or
-- another dbt project.
select exists (select from landing.deliveries where status = 'closed' and not is_built)
    or exists (
        select from outbox.channel_ids as c
        where c.valid_from > coalesce(
            (select max(started_at) from build.builds where status = 'built'), '-infinity'
        )
    )
    or %(project_sha256)s is distinct from (
        select project_sha256 from build.builds where status = 'built' order by build_id desc limit 1
    )

-- name: is_priced
-- The table of prices with their times has been made.
select to_regclass('conformed.effective_prices') is not null

-- name: has_due_prices
-- Prices began or ended since the last complete build began, as was said of them before.
with last as materialized (
    select coalesce(max(started_at), '-infinity') as began_at from build.builds where status = 'built'
)
select exists (
    select from conformed.effective_prices where valid_from <= now() and valid_from > (select began_at from last)
) or exists (
    select from conformed.effective_prices where valid_to <= now() and valid_to > (select began_at from last)
)

-- name: is_settled
-- The table that holds payments against their settlements has been made.
select to_regclass('metrics.payment_settlements') is not null

-- name: overdue_tables
-- Tables whose provider should have reported by now of payments that are told as awaited.
select distinct provider_system || '__settlement_lines' from metrics.payment_settlements
where finding = 'awaited' and awaited_until <= now()

-- name: begin_build
-- A new build of the dbt project as it is now.
insert into build.builds (project_sha256) values (%(project_sha256)s) returning build_id

-- name: take_deliveries
-- The closed deliveries that changed something and are in no complete build: the list that models filter by.
insert into build.build_deliveries (build_id, delivery_id, source_table)
select %(build_id)s, d.delivery_id, d.source_system || '__' || c.entity
from landing.deliveries as d
join landing.delivery_counts as c using (delivery_id)
where d.status = 'closed' and not d.is_built and c.new + c.changed + c.deleted > 0

-- name: source_tables
-- Raw tables that a build has news of.
select distinct source_table from build.build_deliveries where build_id = %(build_id)s order by source_table

-- name: running
-- The build whose tasks are at work; at most one.
select build_id from build.builds where status = 'running'

-- name: close_build
-- Nothing happens to a build that another one superseded.
update build.builds set status = 'built', finished_at = now() where build_id = %(build_id)s and status = 'running'

-- name: mark_built
-- The warehouse holds what these deliveries brought.
update landing.deliveries as d
set is_built = true
from build.build_deliveries as b
where b.build_id = %(build_id)s and b.delivery_id = d.delivery_id

-- name: fail_build
-- What a build that stopped had in its list is taken up by the next one.
update build.builds set status = 'failed', finished_at = now() where build_id = %(build_id)s and status = 'running'

-- name: last_built
-- The newest complete build; 0 before the first.
select coalesce(max(build_id), 0) from build.builds where status = 'built'

-- name: is_whole
-- The newest build is complete: none has changed a part of the tables since.
select coalesce((select status = 'built' from build.builds order by build_id desc limit 1), false)

-- name: is_project_new
-- The build runs another dbt project than the last one that was completed.
select b.project_sha256 is distinct from (
    select project_sha256 from build.builds where status = 'built' order by build_id desc limit 1
)
from build.builds as b where b.build_id = %(build_id)s

-- name: has_new_ids
-- A channel gave identifiers since the last complete build began.
select exists (
    select from outbox.channel_ids
    where valid_from > coalesce((select max(started_at) from build.builds where status = 'built'), '-infinity')
)
