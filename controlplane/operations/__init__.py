"""Every change of state, one function each, ``actor`` explicit: transaction + audit record + nudge on commit.

- ``tickets``    mint
- ``admission``  redeem; ``successions`` a second connection in place of the first
- ``renewals``   issue, redeem: fresh tickets for a session that runs
- ``logins``     what ends with a sign-in or a password; ``signins`` the records of both
- ``sessions``   end one, end a user's, and the sweeps: reap_expired, revoke_tickets
- ``nodes``      start, stop, declare_lost: server processes; ``sweeps`` when each sweep went through, and prune
- ``people``     disable_user, log_out_everywhere, remove_role
- ``locks``      raise_lock, lift_lock; whom a lock concerns
- ``revocation``  end_sessions: many at once; ``reasons`` why, always
- ``approvals``  request, decide, use, expire: a person's consent to one tool call; ``notices`` tells people
- ``calls``      what a running session asks about its calls: today's count, whether one may still be run
- ``spending``  settle: what a session has used goes to its user's day; whether budgets let a session begin
- ``open_calls``  abandon: the calls of a session whose process is gone
- ``keys``       create_service_key, rotate_service_key, revoke_service_key
- ``policy``     publish_policy, after every edit of a role, tool, grant, pattern or provider
- ``drafts``     apply, rollback: a whole policy document in the place of the one that is there; ``draftrows`` its rows
- ``selfservice``  conflict, deny: nobody decides about himself
- ``doorbell``   ring: the epoch and the nudge; for edits that are in no policy document, such as a user's roles
- ``standing``   whether somebody may have a session now

An exception means that nothing happened: neither the change nor its record.
"""
