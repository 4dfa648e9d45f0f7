"""Who may use which route. One row a route; a route without a row fails the test, and so does a row without a route.

Six people send a request, in this order: somebody not signed in, somebody of another organization, the requester of the
ticket (whose things the addresses name), an agent, a lead, an admin. The answer to each is one word:

    in       admitted, whatever came of the request
    sign-in  sent to /sign-in
    hidden   404, as if there were no such thing
    refused  403, with a sentence
    proof    401: an endpoint for machines, which asks for its own proof

Add a row with the kind that fits, or six words of its own; the rows of the settings are in
``settings_permissions_table``. The values of the addresses' parameters are in ``route_world``; ``VALUES`` holds what a
form needs so that the permission check, not the form, answers.
"""

from tests.web.permission_kinds import ADMIN, COLLEAGUES, CUSTOMERS, LEAD, MACHINE, OWN, PERSON, PUBLIC, TEAM, TICKET
from tests.web.settings_permissions_table import SETTINGS_TABLE

TABLE = {
    "GET /": PUBLIC,
    "GET /static/<path:filename>": PUBLIC,
    "GET /theme.css": PUBLIC,
    "GET /logo/<any(logo_dark, favicon):name>": "hidden hidden hidden hidden hidden hidden",
    "GET /logo": "hidden hidden hidden hidden hidden hidden",  # there is none until an admin gives one
    "POST /scheme": PUBLIC,
    "POST /language": PUBLIC,
    "POST /csp": PUBLIC,
    "GET /unsubscribe/<int:thread_id>/<token>": PUBLIC,
    "POST /unsubscribe/<int:thread_id>/<token>": PUBLIC,
    # signing in and out
    "GET /sign-in": PUBLIC,
    "POST /sign-out": PUBLIC,
    "POST /sign-in/link": PUBLIC,
    "GET /sign-in/link/<token>": PUBLIC,
    "POST /sign-in/link/<token>": PUBLIC,
    "GET /sign-in/second-factor": TEAM,
    "POST /sign-in/second-factor": TEAM,
    "POST /sign-in/second-factor/passkey/options": TEAM,
    "POST /sign-in/second-factor/passkey": TEAM,
    "GET /sign-in/again": TEAM,
    "GET /account/second-factor": TEAM,
    "POST /account/second-factor": TEAM,
    "POST /account/second-factor/app/delete": TEAM,
    "POST /account/second-factor/passkeys/options": TEAM,
    "POST /account/second-factor/passkeys": TEAM,
    # another's
    "POST /account/second-factor/passkeys/<int:passkey_id>/delete": "sign-in hidden hidden hidden hidden hidden",
    "POST /account/second-factor/recovery-codes": TEAM,
    "POST /account/second-factor/delete": TEAM,
    "POST /settings/people/<int:user_id>/second-factor/delete": ADMIN,
    "GET /sign-in/pause/<token>": PUBLIC,
    "POST /sign-in/pause/<token>": PUBLIC,
    "POST /sign-in/link/<token>/approval": PUBLIC,
    "GET /sign-in/approval": PUBLIC,
    "POST /sign-in/approval": PUBLIC,
    "GET /sign-in/code": PUBLIC,
    "POST /sign-in/code": PUBLIC,
    "GET /sign-in/google": PUBLIC,
    "GET /sign-in/google/authorized": PUBLIC,
    "GET /sign-in/microsoft": PUBLIC,
    "GET /sign-in/microsoft/authorized": PUBLIC,
    "GET /sign-in/sso/<slug>": "hidden hidden hidden hidden hidden hidden",  # there is none
    "GET /sign-in/sso/<slug>/authorized": "hidden hidden hidden hidden hidden hidden",
    "POST /sign-in/sso/<slug>/logout": "hidden hidden hidden hidden hidden hidden",
    # one's own account
    "GET /account": PERSON,
    "POST /account": PERSON,
    "POST /account/time-zone": PERSON,
    "POST /account/notifications": TEAM,
    "POST /account/sessions/delete": PERSON,
    "POST /account/sessions/<int:session_id>/delete": OWN,
    "POST /account/identities/<int:identity_id>/delete": OWN,
    "GET /account/organization": CUSTOMERS,
    "POST /account/organization": "sign-in refused in refused refused refused",
    "POST /account/viewing/delete": PERSON,
    # the people of one's organization: the requester is one of its admins
    "GET /colleagues": COLLEAGUES,
    "POST /colleagues": COLLEAGUES,
    "POST /colleagues/addresses/delete": COLLEAGUES,
    "GET /colleagues/<int:user_id>": COLLEAGUES,
    "POST /colleagues/<int:user_id>": COLLEAGUES,
    "POST /colleagues/<int:user_id>/sessions/delete": COLLEAGUES,
    "POST /colleagues/<int:user_id>/removal": COLLEAGUES,
    # machines
    "POST /hooks/slack/events": MACHINE,
    "POST /hooks/slack/actions": MACHINE,
    "POST /hooks/slack/commands": MACHINE,
    "POST /hooks/email": MACHINE,
    "POST /hooks/email/<name>": MACHINE,
    "POST /hooks/email/<name>/mime": MACHINE,
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /metrics": "hidden hidden hidden hidden hidden hidden",  # switched off without a METRICS_TOKEN
    # programs, each with a token of its own
    "GET /scim/v2/<path:path>": MACHINE,
    "POST /scim/v2/<path:path>": MACHINE,
    "PUT /scim/v2/<path:path>": MACHINE,
    "PATCH /scim/v2/<path:path>": MACHINE,
    "DELETE /scim/v2/<path:path>": MACHINE,
    "GET /api/docs": PUBLIC,
    "POST /api/files": MACHINE,
    "GET /api/files/<key>": MACHINE,
    "GET /api/openapi.json": PUBLIC,
    "GET /api/organizations": MACHINE,
    "GET /api/tags": MACHINE,
    "GET /api/organizations/<slug>": MACHINE,
    "GET /api/organizations/<slug>/people": MACHINE,
    "GET /api/tickets": MACHINE,
    "POST /api/tickets": MACHINE,
    "GET /api/tickets/<int:number>": MACHINE,
    "PATCH /api/tickets/<int:number>": MACHINE,
    "GET /api/tickets/<int:number>/messages": MACHINE,
    "POST /api/tickets/<int:number>/messages": MACHINE,
    # a customer's list, and filing
    "GET /tickets": PERSON,
    "GET /tickets/list": PERSON,
    "GET /live": PERSON,
    "GET /tickets.csv": PERSON,
    "GET /tickets/new": PERSON,
    "GET /tickets/similar": PERSON,
    "POST /tickets": PERSON,
    "POST /previews": PERSON,
    "POST /files": PERSON,
    "GET /files/<key>": TICKET,
    "GET /emoji/<name>": "sign-in hidden hidden hidden hidden hidden",  # there is none
    "POST /files/<key>/delete": PERSON,
    # help articles
    "GET /articles": "sign-in in in in in in",  # none is public
    "GET /articles/<int:article_id>": "sign-in in in in in in",
    "POST /articles/<int:article_id>/vote": "sign-in in in in in in",
    # one ticket
    "GET /tickets/<int:number>": TICKET,
    "GET /tickets/<int:number>/header": TICKET,
    "GET /tickets/<int:number>/conversation": TICKET,
    "GET /tickets/<int:number>/earlier": TICKET,
    "GET /tickets/<int:number>/facts": TICKET,
    "GET /tickets/<int:number>/rating": TICKET,
    "GET /tickets/<int:number>/live": TICKET,
    "POST /tickets/<int:number>/replies": TICKET,
    "POST /tickets/<int:number>/solution": TICKET,
    "POST /tickets/<int:number>/solution/delete": TICKET,
    "POST /tickets/<int:number>/followers": TICKET,
    "POST /tickets/<int:number>/followers/<int:user_id>/delete": TICKET,
    "POST /tickets/<int:number>/presence": TICKET,
    "POST /tickets/<int:number>/rating": "sign-in hidden in refused refused refused",
    "GET /tickets/<int:number>/messages/<int:message_id>/edit": OWN,
    "POST /tickets/<int:number>/messages/<int:message_id>": OWN,
    "POST /tickets/<int:number>/messages/<int:message_id>/delete": OWN,
    # own only
    "POST /tickets/<int:number>/messages/<int:message_id>/undo": "sign-in hidden hidden hidden hidden hidden",
    # the team's work on it
    "POST /tickets/<int:number>/status/undo": TEAM,
    "POST /tickets/<int:number>/notes": TEAM,
    "POST /tickets/<int:number>/status": TEAM,
    "POST /tickets/<int:number>/assignee": TEAM,
    "POST /tickets/<int:number>/priority": TEAM,
    "GET /tickets/<int:number>/answers": TEAM,
    "POST /tickets/<int:number>/answers/<key>": TEAM,
    "POST /tickets/<int:number>/canned": TEAM,
    "POST /tickets/<int:number>/tags": TEAM,
    "POST /tickets/<int:number>/tags/delete": TEAM,
    "GET /desk/tags": TEAM,
    "POST /desk/bulk/undo": TEAM,
    "POST /tickets/<int:number>/links": TEAM,
    "POST /tickets/<int:number>/links/<int:other_number>/delete": TEAM,
    "GET /tickets/<int:number>/merge": TEAM,
    "POST /tickets/<int:number>/merge": TEAM,
    "GET /tickets/<int:number>/move": TEAM,
    "GET /tickets/<int:number>/requester": TEAM,
    "POST /tickets/<int:number>/requester": TEAM,
    "POST /tickets/<int:number>/move": TEAM,
    "GET /tickets/<int:number>/messages/<int:message_id>/revisions": TEAM,
    "GET /tickets/<int:number>/team-bar": TEAM,
    "GET /tickets/<int:number>/present": TEAM,
    "GET /tickets/<int:number>/team-tools": TEAM,
    "GET /tickets/<int:number>/articles": TEAM,
    # the desk
    "GET /desk": TEAM,
    "GET /desk/queue": TEAM,
    "GET /settings/rules": LEAD,
    "GET /settings/rules/new": LEAD,
    "POST /settings/rules": LEAD,
    "GET /settings/rules/<int:rule_id>": LEAD,
    "POST /settings/rules/<int:rule_id>": LEAD,
    "POST /settings/rules/<int:rule_id>/switch": LEAD,
    "POST /settings/rules/<int:rule_id>/move": LEAD,
    "POST /settings/rules/<int:rule_id>/delete": "sign-in hidden hidden refused in hidden",  # the lead has deleted it
    "GET /notifications": TEAM,
    "GET /notifications/unread": TEAM,
    "GET /notifications/<int:notification_id>": "sign-in hidden hidden hidden hidden hidden",  # another's
    "POST /notifications/read": TEAM,
    "GET /service-worker.js": PUBLIC,
    "POST /account/browsers": PERSON,
    "POST /account/browsers/<int:browser_id>/delete": "sign-in hidden hidden hidden hidden hidden",  # another's
    "GET /desk/palette": TEAM,
    "GET /desk/people": TEAM,
    "POST /desk/people": TEAM,
    "GET /desk/people/new": TEAM,
    "GET /desk/people/matches": TEAM,
    "GET /desk/people/<int:user_id>": TEAM,
    "GET /desk/people/organizations/<slug>": TEAM,
    "GET /desk/views": TEAM,
    "POST /desk/views": TEAM,
    "POST /desk/views/<int:view_id>/delete": "sign-in hidden hidden in hidden hidden",  # the agent's own
    "GET /desk/remarks": TEAM,
    "POST /desk/remarks": TEAM,
    "POST /desk/bulk": TEAM,
    "GET /desk/export.csv": TEAM,
    # review
    "GET /review": LEAD,
    "GET /review/export.csv": LEAD,
    "GET /review/promises": LEAD,
    "GET /review/reading": LEAD,
    "GET /review/reading/<int:number>": LEAD,
    "POST /review/reading/<int:number>": LEAD,
    "GET /review/service-levels": LEAD,
    "POST /review/summary": LEAD,
    # mail that waits
    "GET /desk/quarantine": TEAM,
    "GET /desk/quarantine/<int:mail_id>": TEAM,
    "GET /desk/quarantine/<int:mail_id>/raw": TEAM,
    "POST /desk/quarantine/<int:mail_id>/acceptance": TEAM,
    "POST /desk/quarantine/<int:mail_id>/attachment": TEAM,
    "POST /desk/quarantine/<int:mail_id>/ticket": TEAM,
    # gone once the agent was there
    "POST /desk/quarantine/<int:mail_id>/delete": "sign-in hidden hidden in hidden hidden",
    "POST /desk/quarantine/machines/delete": TEAM,
    **SETTINGS_TABLE,
}

VALUES = {
    "POST /settings/tags/<int:tag_id>/merge": {"into": "tag_id"},
    "POST /account/organization": {"organization": "organization_id"},
    "POST /settings/people/<int:user_id>/sees": {"ticket_visibility": "own"},
    "POST /settings/people/<int:user_id>/role": {"role": "agent"},
    "POST /settings/people/<int:user_id>/removal/delete": {"organization": "organization_id"},
}
