//go:build unix

package main

const runHelp = `Run COMMAND only while this instance leads. Of all instances with the same --key
one leads; the others wait, and one of them takes over when it stops or crashes.

When the term ends, COMMAND is told to end and then killed (SIGKILL), it and all that
it has started, before another instance can start its own:
  leader is stopped      COMMAND gets SIGTERM (or INT, if that is what leader got) and has
                         --grace to end; then the lease is released
  it shall step down     the same, with SIGTERM (see leader step-down, pause); leader goes
                         on as a candidate, but for --once
  the lease is lost      COMMAND gets the signal --on-lose and has a tenth of --ttl to
                         end; leader goes on as a candidate, but for --once
  leader is killed       COMMAND gets the signal --on-lose and has --grace to end, but no
                         longer than the lease lasts
  leader is frozen       the same as when the lease is lost, when it ends

That is the work of a guardian, a small process between leader and COMMAND which is
told of every renewal. It is in a process group of its own.

When COMMAND ends by itself, the lease is released at once and leader ends with
the same exit status; with --restart it goes on as a candidate instead.
With --wait, an instance that has not been elected by then gives up.

COMMAND gets the standard files of leader, and the terminal if there is one, and
in its environment:
  LEADER_TERM  number of the term, greater than that of every earlier one: a
               fencing token for every resource that can check it
  LEADER_ID    name of this instance
  LEADER_KEY   name of the election: leader status in there shows this one, and a leader
               run in there needs a --key of its own

Signals: TERM and INT end leader; a second one kills COMMAND at once (the same one within
100 ms does not count, since timeout(1) sends it twice). HUP, QUIT, USR1, USR2 and WINCH
are passed on to COMMAND's process group. (HUP from a terminal that was closed ends
leader, and so does QUIT while there is no COMMAND.)

What leader cannot do:
  - stop COMMAND while leader and its guardian are both frozen, and COMMAND is not. They
    do so on waking up. What freezes a container or a machine freezes all of them;
  - on other systems than Linux: stop processes that have left COMMAND's process group
    (setsid, daemons), or COMMAND if the guardian is killed by SIGKILL;
  - on Linux, if the guardian and leader are both killed by SIGKILL: stop what COMMAND has
    started, other than COMMAND itself; or COMMAND itself if it changes its user or
    privileges (sudo, setuid, file capabilities).
  - stop what starts new processes faster than they can be found, or runs as another
    user whom leader may not signal.
Where that matters, have the resource check LEADER_TERM.

Exit status:
  COMMAND's  if it ended by itself, or when leader was stopped
  128+n      if COMMAND was killed by signal n
  0          if leader was stopped while it followed
  124        it was not elected within --wait
  125        leader itself failed (wrong flags, wrong password, ...)
  126        COMMAND cannot be executed
  127        COMMAND was not found`

const runExamples = `  leader run --redis redis://localhost:6379 -- ./worker --queue reports
  REDIS_URL=rediss://user:password@redis.example.com leader run --key reports -- ./worker
  leader run --redis rediss://redis.example.com --tls-ca ca.pem --tls-cert me.pem --tls-key me.key -- ./worker
  leader run --redis redis+sentinel://sentinel-1,sentinel-2,sentinel-3/mymaster -- ./worker
  leader run --key migration --once --wait 5m -- ./migrate up
  leader run --key nightly --restart -- sh -c 'exec ./scheduler --fencing-token "$LEADER_TERM"'`
