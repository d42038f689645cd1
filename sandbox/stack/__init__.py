"""The whole suite on one machine: PostgreSQL, the sandbox systems and Airflow; no root, no Docker, no server needed.

    __main__.py          the commands: up, down, status, psql, env
    running.py           up, down and `running_stack`, which the demo and the end-to-end tests use
    progress.py          what a person sees meanwhile
    failures.py          what can go wrong, in sentences

    postgres.py          the embedded PostgreSQL 18, its databases and login roles
    broker.py            the Redis server of the Celery executor
    outside_systems.py   the stand-ins of `sandbox.serve` and the connections that lead to them
    airflow.py           Airflow's components, whether they are well, their users and pools
    api.py               a small client of Airflow's REST API

    settings.py          Airflow's settings and commands: the same in docker-compose.yml
    environment.py       the environment of every process, connections included, and the file that keeps it
    credentials.py       passwords and keys, made once; private_files.py keeps them from others
    ports.py             free ports, the preferred ones first
    places.py            where everything lies: .local/ of the project, or SEAMLINE_LOCAL

    components.py        what a component is and how it wants to be stopped
    processes.py         components started, watched and ended without a rest
    records.py           what runs, in a file, for whoever must stop it
    turnstile.py         one start or stop at a time

    containers.py        what docker-compose.yml needs beside the components
    install.py           .venv from the locked requirements (runs before anything is installed)

``python -m sandbox.stack --help`` explains the commands.
"""
