"""Who gets in where. One row a route; a route that is not here fails the test, and so does a row without a route.

Six people knock, in this order: a stranger, somebody of another organization, the requester of the ticket (whose things the
addresses name), an agent, a lead, an admin. The answer to each is one word:

    in       the door opened: whatever came of it, they were let in
    sign-in  sent to /sign-in
    hidden   404, as if there were no such thing
    refused  403, with a sentence
    proof    401: a door for machines, which asks for its own proof

Add a row with the kind that fits, or six words of its own. What the addresses' parameters are stands in ``test_permissions.world``;
``VALUES`` holds what a form needs so that the door, not the form, is what answers.
"""

PUBLIC = "in in in in in in"
PERSON = "sign-in in in in in in"
TICKET = "sign-in hidden in in in in"
TEAM = "sign-in hidden hidden in in in"
LEAD = "sign-in hidden hidden refused in in"
ADMIN = "sign-in hidden hidden refused refused in"
OWN = "sign-in hidden in hidden hidden hidden"
CUSTOMERS = "sign-in in in hidden hidden hidden"
MACHINE = "proof proof proof proof proof proof"

TABLE = {
    "GET /": PUBLIC,
    "GET /static/<path:filename>": PUBLIC,
    "GET /theme.css": PUBLIC,
    "GET /logo": "hidden hidden hidden hidden hidden hidden",  # there is none until an admin gives one
    "POST /scheme": PUBLIC,
    "POST /csp": PUBLIC,
    "GET /unsubscribe/<int:thread_id>/<token>": PUBLIC,
    "POST /unsubscribe/<int:thread_id>/<token>": PUBLIC,
    # coming in and going out
    "GET /sign-in": PUBLIC,
    "POST /sign-out": PUBLIC,
    "POST /sign-in/link": PUBLIC,
    "GET /sign-in/link/<token>": PUBLIC,
    "POST /sign-in/link/<token>": PUBLIC,
    "GET /sign-in/code": PUBLIC,
    "POST /sign-in/code": PUBLIC,
    "GET /sign-in/google": PUBLIC,
    "GET /sign-in/google/authorized": PUBLIC,
    "GET /sign-in/microsoft": PUBLIC,
    "GET /sign-in/microsoft/authorized": PUBLIC,
    # one's own account
    "GET /account": PERSON,
    "POST /account": PERSON,
    "POST /account/sessions/delete": PERSON,
    "POST /account/sessions/<int:session_id>/delete": OWN,
    "POST /account/identities/<int:identity_id>/delete": OWN,
    "GET /account/organization": CUSTOMERS,
    "POST /account/organization": "sign-in refused in refused refused refused",
    "POST /account/viewing/delete": PERSON,
    # machines
    "POST /hooks/slack/events": MACHINE,
    "POST /hooks/slack/actions": MACHINE,
    "POST /hooks/slack/commands": MACHINE,
    "POST /hooks/email": MACHINE,
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /metrics": "hidden hidden hidden hidden hidden hidden",  # switched off without a METRICS_TOKEN
    # programs, each with a token of its own
    "GET /api/openapi.json": PUBLIC,
    "GET /api/organizations": MACHINE,
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
    "GET /tickets/live": PERSON,
    "GET /tickets.csv": PERSON,
    "GET /tickets/new": PERSON,
    "GET /tickets/similar": PERSON,
    "POST /tickets": PERSON,
    "POST /previews": PERSON,
    "POST /files": PERSON,
    "GET /files/<key>": TICKET,
    "POST /files/<key>/delete": PERSON,
    # one ticket
    "GET /tickets/<int:number>": TICKET,
    "GET /tickets/<int:number>/header": TICKET,
    "GET /tickets/<int:number>/conversation": TICKET,
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
    # the team's work on it
    "POST /tickets/<int:number>/notes": TEAM,
    "POST /tickets/<int:number>/status": TEAM,
    "POST /tickets/<int:number>/assignee": TEAM,
    "POST /tickets/<int:number>/priority": TEAM,
    "POST /tickets/<int:number>/answers/<key>": TEAM,
    "POST /tickets/<int:number>/canned": TEAM,
    "POST /tickets/<int:number>/links": TEAM,
    "POST /tickets/<int:number>/links/<int:other_number>/delete": TEAM,
    "GET /tickets/<int:number>/merge": TEAM,
    "POST /tickets/<int:number>/merge": TEAM,
    "GET /tickets/<int:number>/move": TEAM,
    "POST /tickets/<int:number>/move": TEAM,
    "GET /tickets/<int:number>/messages/<int:message_id>/revisions": TEAM,
    "GET /tickets/<int:number>/team-bar": TEAM,
    "GET /tickets/<int:number>/team-tools": TEAM,
    # the desk
    "GET /desk": TEAM,
    "GET /desk/queue": TEAM,
    "GET /desk/views": TEAM,
    "POST /desk/views": TEAM,
    "POST /desk/views/<int:view_id>/delete": "sign-in hidden hidden in hidden hidden",  # the agent's own
    "GET /desk/live": TEAM,
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
    # settings
    "GET /settings": ADMIN,
    "GET /settings/access": ADMIN,
    "GET /settings/audit": ADMIN,
    "GET /settings/portal": ADMIN,
    "POST /settings/portal": ADMIN,
    "POST /settings/portal/logo": ADMIN,
    "POST /settings/portal/logo/delete": ADMIN,
    "POST /settings/portal/tests/<way>": ADMIN,
    "GET /settings/health": ADMIN,
    "GET /settings/organizations": ADMIN,
    "POST /settings/organizations": ADMIN,
    "GET /settings/organizations/new": ADMIN,
    "GET /settings/organizations/import": ADMIN,
    "POST /settings/organizations/import": ADMIN,
    "GET /settings/organizations/<int:organization_id>": ADMIN,
    "POST /settings/organizations/<int:organization_id>": ADMIN,
    "POST /settings/organizations/<int:organization_id>/viewing": ADMIN,
    "GET /settings/people": ADMIN,
    "GET /settings/people/<int:user_id>": ADMIN,
    "POST /settings/people/<int:user_id>/deactivation": ADMIN,
    "POST /settings/people/<int:user_id>/deactivation/delete": ADMIN,
    "POST /settings/people/<int:user_id>/identities/<int:identity_id>/delete": ADMIN,
    "POST /settings/people/<int:user_id>/role": ADMIN,
    "POST /settings/people/<int:user_id>/sees": ADMIN,
    "POST /settings/people/<int:user_id>/sessions/delete": ADMIN,
    "POST /settings/people/<int:user_id>/slack": ADMIN,
    "GET /settings/team": ADMIN,
    "POST /settings/team/invitations": ADMIN,
    "GET /settings/forms": ADMIN,
    "POST /settings/forms": ADMIN,
    "GET /settings/forms/<int:form_id>": ADMIN,
    "POST /settings/forms/<int:form_id>": ADMIN,
    "POST /settings/forms/<int:form_id>/archive": ADMIN,
    "POST /settings/forms/<int:form_id>/archive/delete": ADMIN,
    "POST /settings/forms/<int:form_id>/draft/delete": ADMIN,
    "POST /settings/forms/<int:form_id>/fields": ADMIN,
    "GET /settings/forms/<int:form_id>/fields/<key>": ADMIN,
    "POST /settings/forms/<int:form_id>/fields/<key>": ADMIN,
    "POST /settings/forms/<int:form_id>/fields/<key>/delete": ADMIN,
    "POST /settings/forms/<int:form_id>/fields/<key>/place": ADMIN,
    "GET /settings/forms/<int:form_id>/fields/new": ADMIN,
    "POST /settings/forms/<int:form_id>/place": ADMIN,
    "GET /settings/forms/<int:form_id>/preview": ADMIN,
    "POST /settings/forms/<int:form_id>/publication": ADMIN,
}

VALUES = {
    "POST /account/organization": {"organization": "organization_id"},
    "POST /settings/people/<int:user_id>/sees": {"sees": "own"},
    "POST /settings/people/<int:user_id>/role": {"role": "agent"},
}
