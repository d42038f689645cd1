-- name: start_run
-- A step begins; a run that never ends is seen, too.
insert into seam.runs (flow, step) values (%(flow)s, %(step)s) returning run_id

-- name: finish_run
-- How a run of a step ended, and what it did.
update seam.runs
set finished_at = now(), outcome = %(outcome)s, summary = %(summary)s, error = %(error)s
where run_id = %(run_id)s

-- name: record_intervention
-- What a person did, and why.
insert into seam.interventions (kind, subject, person, reason, detail)
values (%(kind)s, %(subject)s, %(person)s, %(reason)s, %(detail)s)
returning intervention_id

-- name: raise_alert
-- Once per incident: the owner hears of it once, the row says how often it was seen since.
insert into seam.alerts (flow, incident, owner, message, runbook)
values (%(flow)s, %(incident)s, %(owner)s, %(message)s, %(runbook)s)
on conflict (flow, incident) where cleared_at is null do update
set last_seen_at = now(), seen_count = seam.alerts.seen_count + 1
returning seen_count = 1

-- name: clear_alert
-- An incident is over; the next one of its kind is told again.
update seam.alerts set cleared_at = now()
where flow = %(flow)s and incident = %(incident)s and cleared_at is null

-- name: status
-- One row per flow: how it does, in numbers of the last day where nothing else is said.
with flows as (
    select f.flow, p.channel, p.entity
    from unnest(%(flows)s::text[]) as f (flow)
    left join unnest(%(push_flows)s::text[], %(channels)s::text[], %(entities)s::text[]) as p (flow, channel, entity)
        on p.flow = f.flow
),
newest as (
    select distinct on (r.flow, r.step) r.flow, r.step, r.outcome, r.finished_at, r.error
    from seam.runs as r
    where r.started_at > now() - interval '30 days'
    order by r.flow, r.step, r.run_id desc
),
runs as (
    select flow,
           max(finished_at) filter (where outcome in ('done', 'nothing')) as last_success_at,
           bool_or(outcome = 'failed') as is_failing,
           min(step) filter (where outcome = 'failed') as failing_step,
           (array_agg(error order by step) filter (where outcome = 'failed'))[1] as failing_error
    from newest
    group by flow
),
deliveries as (
    select d.flow,
           count(distinct d.delivery_id) as deliveries,
           count(distinct d.delivery_id) filter (where d.status = 'refused') as refused_deliveries,
           coalesce(sum(c.accepted), 0)::bigint as accepted,
           coalesce(sum(c.refused), 0)::bigint as refused,
           max(d.as_of) as newest_statement_at
    from landing.deliveries as d
    left join landing.delivery_counts as c using (delivery_id)
    where d.landed_at > now() - interval '1 day'
    group by d.flow
),
half_way as (
    select flow, count(*) as half_way from landing.deliveries
    where status in ('landed', 'checked', 'loaded') group by flow
),
letters as (
    select flow, count(*) as dead_letters from dead_letter.letters where status in ('open', 'escalated') group by flow
),
held as (
    select flow, sum(row_count)::bigint as held from gate.batches where status = 'shut' group by flow
    union all
    select 'push_metrics_to_bi', count(*) from seam.publications where status = 'shut' having count(*) > 0
),
queues as (
    select channel, entity,
           count(*) filter (where status = 'pending') as waiting,
           count(*) filter (where status in ('claimed', 'submitted', 'accepted')) as in_flight,
           extract(epoch from now() - min(made_at) filter (where status = 'pending'))::bigint as oldest_waiting_seconds
    from outbox.messages
    where status in ('pending', 'claimed', 'submitted', 'accepted')
    group by channel, entity
),
mismatches as (
    select channel, entity, count(*) as mismatches from reconciliation.mismatches
    where status in ('open', 'repairing', 'with_owner') group by channel, entity
),
interventions as (
    select split_part(subject, ' ', 1) as about, count(*) as interventions
    from seam.interventions where made_at > now() - interval '7 days' group by 1
),
interventions_within as (
    select coalesce(l.flow, d.flow) as flow, count(*) as interventions
    from seam.interventions as i
    left join dead_letter.letters as l on l.dead_letter_id = substring(i.subject from '^dead letter ([0-9]+)$')::bigint
    left join landing.deliveries as d on d.delivery_id = substring(i.subject from '^delivery ([0-9]+)$')::bigint
    where i.made_at > now() - interval '7 days'
    group by 1
),
alerts as (
    select flow, count(*) as alerts, min(message) as alert from seam.alerts where cleared_at is null group by flow
)
select f.flow, r.last_success_at, coalesce(r.is_failing, false) as is_failing, r.failing_step, r.failing_error,
       coalesce(d.deliveries, 0) as deliveries, coalesce(d.refused_deliveries, 0) as refused_deliveries,
       coalesce(d.accepted, 0) as accepted, coalesce(d.refused, 0) as refused, d.newest_statement_at,
       coalesce(h.half_way, 0) as half_way, coalesce(l.dead_letters, 0) as dead_letters,
       coalesce(g.held, 0) as held, coalesce(q.waiting, 0) as waiting, coalesce(q.in_flight, 0) as in_flight,
       q.oldest_waiting_seconds, coalesce(m.mismatches, 0) as mismatches,
       coalesce(i.interventions, 0) + coalesce(w.interventions, 0) as interventions,
       coalesce(a.alerts, 0) as alerts, a.alert
from flows as f
left join runs as r using (flow)
left join deliveries as d using (flow)
left join half_way as h using (flow)
left join letters as l using (flow)
left join held as g using (flow)
left join queues as q on q.channel = f.channel and q.entity = f.entity
left join mismatches as m on m.channel = f.channel and m.entity = f.entity
left join interventions as i on i.about = f.flow
left join interventions_within as w on w.flow = f.flow
left join alerts as a on a.flow = f.flow
order by f.flow

-- name: untold
-- Incidents of which nobody was told yet; from now on they count as told.
update seam.alerts set told_at = now()
where told_at is null and cleared_at is null
returning flow, owner, message, runbook
