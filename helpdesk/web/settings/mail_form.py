"""The mail forms: which mails are sent and when, and an organization's own From address."""

from wtforms import BooleanField, EmailField, RadioField, SelectField
from wtforms.validators import Optional, ValidationError

from helpdesk.domain.people import email_address
from helpdesk.web.form_base import Form, WholeNumberField, to_choices
from helpdesk.web.settings.settings_form import SettingsForm

RATING_STYLES = [("stars", "One to five stars"), ("faces", "Good or not good"), ("off", "Do not ask")]


class MailForm(SettingsForm):
    """The system address, and which mails are sent."""

    system_email = EmailField("System address", [Optional()])
    use_custom_from = BooleanField(
        "Let organizations' own From addresses replace it",
        description="Each is set under Addresses and their DNS, and needs the records shown there.",
    )
    mail_received = BooleanField("Tell the requester that a ticket was received")
    mail_solved = BooleanField("Tell the requester when a ticket is solved")
    rating_style = RadioField("Ask how it went", choices=to_choices(RATING_STYLES), validate_choice=False)
    mail_while_reading = BooleanField("Mail also somebody who has the ticket open right now")
    mail_inline_images = BooleanField("Show small pictures inside mails")
    mail_grouping_seconds = WholeNumberField(
        "Wait for further answers, in seconds",
        description="Answers in a burst then leave as one mail; 0 sends each at once.",
    )
    tickets_by_mail = BooleanField(
        "File a ticket from a mail to the system address", description="Only from people an organization lets in."
    )
    mail_cc_follows = BooleanField(
        "Let colleagues in Cc of a customer's mail follow the ticket",
        description="Only people whom the ticket's organization lets in.",
    )

    def validate_system_email(self, field: EmailField) -> None:
        """Convert the address to its canonical form."""
        try:
            field.data = email_address.canonical_address(field.data.strip())
        except ValueError as error:
            raise ValidationError(str(error)) from None


class SenderForm(Form):
    """An organization's own From address; an empty one removes it."""

    organization = SelectField("Organization", validate_choice=False, render_kw={"blank": "Choose one"})
    from_address = EmailField("From address", [Optional()], description="Empty goes back to the system address.")
